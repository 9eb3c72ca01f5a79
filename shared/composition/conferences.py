"""Where conferences live, and what needs to know it: the one place that chooses a Platform.

A second platform, or a choice by integration, is made here (`platform_of`) and reaches everything: scheduling, the
timers, the retirement of integrations and the erasure of a person's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.composition.foundation import Foundation
    from shared.conferences.platform import Platform
    from shared.conferences.policy import Policy
    from shared.identity.passwords import BasicAuthenticator
    from shared.management_node.nodes import ManagementNodes
    from shared.operations.erasure import Traces
    from shared.storage import Tables


@dataclass(frozen=True, eq=False)
class Conferences:
    """The parts that open and close conferences, and tell conferencing nodes about them."""

    foundation: Foundation

    @cached_property
    def platform(self) -> Platform:
        """Where conferences live."""
        return platform_of(self.foundation.storage)

    @cached_property
    def management_nodes(self) -> ManagementNodes:
        """Management Nodes, by the settings of integrations."""
        from shared.management_node.nodes import ManagementNodes

        base = self.foundation
        nodes = ManagementNodes(base.integrations, base.storage, base.clock)
        base.connections.push_async_callback(nodes.close)
        return nodes

    @cached_property
    def policy(self) -> Policy:
        """What conferencing nodes are answered from."""
        from shared.conferences.policy import Policy

        base = self.foundation
        return Policy(base.storage, base.clock, serves_vmrs=base.settings.serves_vmrs)

    @cached_property
    def nodes(self) -> BasicAuthenticator:
        """Proves conferencing nodes."""
        from shared.identity.passwords import BasicAuthenticator

        return BasicAuthenticator(self.foundation.settings.policy, "policy", self.foundation.clock)


def platform_of(tables: Tables) -> Platform:
    """The deployment's platform, over its tables."""
    from shared.conferences.platform import PolicyPlatform

    return PolicyPlatform(tables)


async def erase(tables: Tables, traces: Traces) -> None:
    """Remove everything that was found about a person: see shared/operations/erasure.py."""
    from shared.operations.erasure import erase as erase_on

    await erase_on(tables, platform_of(tables), traces)
