"""The Management Nodes of all integrations: a client for each, and an alarm when one fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import httpx

from shared.alarms import AlarmKind, Alarms
from shared.clock import Clock
from shared.integrations import Integration, IntegrationStore
from shared.personal.bridge import BridgeClient
from shared.personal.bridge_failure import BridgeFailed
from shared.personal.bridge_tokens import BridgeOAuth
from shared.personal.rendering import Vmr

_Key: TypeAlias = tuple[str, str, str, str, str, bool]


class Bridges:
    """A VmrSource over the Management Node that an integration's settings name."""

    def __init__(self, integrations: IntegrationStore, alarms: Alarms, clock: Clock) -> None:
        self._integrations = integrations
        self._alarms = alarms
        self._clock = clock
        self._clients: dict[_Key, BridgeClient] = {}

    async def of_owner(self, integration: Integration, email: str) -> Sequence[Vmr]:
        """See VmrSource.of_owner. Raises BridgeFailed, after raising an alarm; RateLimited, Unavailable."""
        try:
            found = await (await self._client(integration)).of_owner(email)
        except BridgeFailed as failed:
            await self._alarms.raise_(integration.uuid, AlarmKind.BRIDGE, f"Personal VMRs: {failed.cause}.")
            raise
        await self._alarms.clear(integration.uuid, AlarmKind.BRIDGE)
        return found

    async def close(self) -> None:
        """Let go of all connections."""
        for client in self._clients.values():
            await client.close()

    async def _client(self, integration: Integration) -> BridgeClient:
        """One client for each set of settings: a changed secret has another reference, and so makes a new one."""
        key = (
            integration.bridge_url,
            integration.bridge_username,
            str(integration.bridge_password),
            integration.bridge_client_id,
            str(integration.bridge_private_key),
            integration.disable_proxy,
        )
        if key not in self._clients:
            auth = await self._auth(integration)
            if key not in self._clients:  # nobody else was faster while the secret was read
                url, use_proxy = integration.bridge_url, not integration.disable_proxy
                self._clients[key] = BridgeClient(url, auth, self._clock, use_proxy=use_proxy)
        return self._clients[key]

    async def _auth(self, integration: Integration) -> httpx.Auth:
        if integration.bridge_client_id:
            key = await self._secret(integration, "bridge_private_key")
            return BridgeOAuth(integration.bridge_url, integration.bridge_client_id, key, self._clock)
        return httpx.BasicAuth(integration.bridge_username, await self._secret(integration, "bridge_password"))

    async def _secret(self, integration: Integration, field: str) -> str:
        secret = await self._integrations.secret(integration.uuid, field)
        if not (integration.bridge_url and secret):
            raise BridgeFailed(f"bridge_url or {field} is not set")
        return secret.get_secret_value()
