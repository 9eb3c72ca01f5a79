"""The Management Nodes of all integrations: a client for each, and an alarm when one fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import httpx

from shared.alarms import AlarmKind, Alarms
from shared.clock import Clock
from shared.errors import RateLimited, SettingsInvalid
from shared.integrations import Integration, IntegrationStore
from shared.integrations.draft import Draft
from shared.integrations.references import REFERENCES, is_uri, name_in, path_of
from shared.personal.bridge import BridgeClient
from shared.personal.bridge_failure import BridgeFailed
from shared.personal.bridge_tokens import BridgeOAuth
from shared.personal.rendering import Vmr

_Key: TypeAlias = tuple[str, str, str, str, str, bool]


_INSTEAD = "Write the name instead, as the node shows it."


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

    async def names(self, proposed: Draft, before: Integration | None) -> Mapping[str, str]:
        """What the references of a checked draft stand for that are URIs, by field, as its Management Node says.

        Raises SettingsInvalid when the node does not know one of them, or cannot be asked.
        """
        wanted, names, faults = _unresolved(proposed.integration, before), dict[str, str](), dict[str, list[str]]()
        for field in wanted:
            path = path_of(field, getattr(proposed.integration, field))
            try:
                name = await self._name(proposed, before, path) if path else None
            except (BridgeFailed, RateLimited) as failed:
                cause = failed.cause if isinstance(failed, BridgeFailed) else "it is asked too often"
                faults[field] = [f"The Management Node cannot say now what this URI stands for: {cause}. {_INSTEAD}"]
                continue
            if name:
                names[field] = name
            else:
                faults[field] = [f"The Management Node has no such {REFERENCES[field]}. {_INSTEAD}"]
        if faults:
            raise SettingsInvalid(faults)
        return names

    async def name_at(self, integration: Integration, path: str) -> str | None:
        """The name of the object at a path of an integration's Management Node, None when there is none.

        Raises BridgeFailed, RateLimited.
        """
        return await (await self._client(integration)).name(path)

    async def _name(self, proposed: Draft, before: Integration | None, path: str) -> str | None:
        """Asked with the draft's own credentials, which nobody has kept yet."""
        integration = proposed.integration
        field = "bridge_private_key" if integration.bridge_client_id else "bridge_password"
        secret = proposed.secrets.get(field) or (
            await self._integrations.secret(before.uuid, field) if before else None
        )
        if not secret:
            raise BridgeFailed(f"{field} is not set")
        auth = self._auth_with(integration, secret.get_secret_value())
        client = BridgeClient(integration.bridge_url, auth, self._clock, use_proxy=not integration.disable_proxy)
        try:
            return await client.name(path)
        finally:
            await client.close()

    async def close(self) -> None:
        """Close all connections."""
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
        field = "bridge_private_key" if integration.bridge_client_id else "bridge_password"
        return self._auth_with(integration, await self._secret(integration, field))

    def _auth_with(self, integration: Integration, secret: str) -> httpx.Auth:
        if integration.bridge_client_id:
            return BridgeOAuth(integration.bridge_url, integration.bridge_client_id, secret, self._clock)
        return httpx.BasicAuth(integration.bridge_username, secret)

    async def _secret(self, integration: Integration, field: str) -> str:
        secret = await self._integrations.secret(integration.uuid, field)
        if not (integration.bridge_url and secret):
            raise BridgeFailed(f"bridge_url or {field} is not set")
        return secret.get_secret_value()


def _unresolved(now: Integration, before: Integration | None) -> list[str]:
    """References that hold a URI, without those that were resolved before."""
    return [
        field
        for field in REFERENCES
        if is_uri(value := getattr(now, field))
        and not (before and getattr(before, field) == value and name_in(before, field))
    ]
