"""Sources of an integration's VMRs: our own store, or the bridge in its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import NotFound
from shared.integrations import Integration, IntegrationStore
from shared.personal.lookup import VmrSource
from shared.personal.rendering import Vmr
from shared.personal.store import VmrStore
from shared.personal.telling import IsServed


@dataclass(frozen=True)
class StoreSource:
    """A VmrSource that reads our own store."""

    store: VmrStore

    async def of_owner(self, integration: Integration, email: str) -> Sequence[Vmr]:
        """See VmrSource.of_owner. One round trip to storage."""
        return await self.store.of_owner(integration.uuid, email)


@dataclass(frozen=True)
class ChosenSource:
    """A VmrSource that uses the bridge if the integration uses its management API, and the store otherwise."""

    store: VmrSource
    bridge: VmrSource

    async def of_owner(self, integration: Integration, email: str) -> Sequence[Vmr]:
        """See VmrSource.of_owner."""
        chosen = self.store if _is_ours(integration) else self.bridge
        return await chosen.of_owner(integration, email)


def served_by(integrations: IntegrationStore) -> IsServed:
    """An IsServed that reads integration settings. Its result may be up to 30 seconds out of date."""

    async def is_served(uuid: str) -> bool:
        try:
            return not uuid or _is_ours(await integrations.cached(uuid))
        except NotFound:
            return False

    return is_served


def _is_ours(integration: Integration) -> bool:
    """Whether we store the integration's VMRs; otherwise they are on its Management Node."""
    return integration.conference_platform == "policy"
