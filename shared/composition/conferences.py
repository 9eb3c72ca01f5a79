"""Where conferences live, and what needs to know it: the one place that chooses a Platform.

A second platform, or a choice by integration, is made here and reaches everything: scheduling, the timers, the
retirement of integrations and the erasure of a person's data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.conferences.platform import Platform
    from shared.operations.erasure import Traces
    from shared.storage import Tables


def platform_of(tables: Tables) -> Platform:
    """The deployment's platform, over its tables."""
    from shared.conferences.platform import PolicyPlatform

    return PolicyPlatform(tables)


async def erase(tables: Tables, traces: Traces) -> None:
    """Remove everything that was found about a person: see shared/operations/erasure.py."""
    from shared.operations.erasure import erase as erase_on

    await erase_on(tables, platform_of(tables), traces)
