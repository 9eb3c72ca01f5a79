"""Where an integration's VMRs are found: in our own store, or on the bridge that its settings name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.integrations import Integration
from shared.personal.lookup import VmrSource
from shared.personal.rendering import Vmr
from shared.personal.store import VmrStore


@dataclass(frozen=True)
class StoreSource:
    """A VmrSource over our own store."""

    store: VmrStore

    async def of_owner(self, integration: Integration, email: str) -> Sequence[Vmr]:
        """See VmrSource.of_owner; one storage trip."""
        return await self.store.of_owner(integration.uuid, email)


@dataclass(frozen=True)
class ChosenSource:
    """A VmrSource that asks the bridge for integrations on its management API, and the store for the others."""

    store: VmrSource
    bridge: VmrSource

    async def of_owner(self, integration: Integration, email: str) -> Sequence[Vmr]:
        """See VmrSource.of_owner."""
        chosen = self.bridge if integration.conference_platform == "management_api" else self.store
        return await chosen.of_owner(integration, email)
