"""The Management Nodes specified in integration settings, with one client per set of settings."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from shared.clock import Clock
from shared.integrations import Integration, IntegrationStore
from shared.management_node.allowance import Allowance, SharedAllowance, Unlimited, node_key
from shared.management_node.client import NodeClient
from shared.management_node.conferences import NodeConferences
from shared.management_node.failure import NodeFailed
from shared.management_node.tokens import NodeOAuth
from shared.storage import Tables

_Key = tuple[str, str, str, str, str, bool]


@dataclass(frozen=True)
class ManagementNode:
    """One node, with one integration's credentials. `key` is its name in rows (allowance.node_key). `login` identifies
    the node together with these credentials, because a wrong password in one integration says nothing about the node
    itself.
    """

    key: str
    login: str
    client: NodeClient
    conferences: NodeConferences

    @property
    def base_url(self) -> str:
        """The node's URL."""
        return self.client.base_url


class ManagementNodes:
    """Looks up nodes by integration settings. All requests to a node share its allowance."""

    def __init__(
        self,
        integrations: IntegrationStore,
        tables: Tables,
        clock: Clock,
        wire: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._integrations = integrations
        self._tables = tables
        self._clock = clock
        self._wire = wire
        self._nodes: dict[_Key, ManagementNode] = {}
        self._allowances: dict[str, SharedAllowance] = {}

    async def of(self, integration: Integration) -> ManagementNode:
        """The integration's node. Raises Unavailable, and NodeFailed if the settings specify no node. A changed secret
        has a new reference, so a new client is created for it.
        """
        key = (
            integration.bridge_url,
            integration.bridge_username,
            str(integration.bridge_password),
            integration.bridge_client_id,
            str(integration.bridge_private_key),
            integration.disable_proxy,
        )
        if key not in self._nodes:
            secret = await self._integrations.secret(integration.uuid, secret_field(integration))
            if not (integration.bridge_url and secret):
                raise NodeFailed(f"bridge_url or {secret_field(integration)} is not set")
            if key not in self._nodes:  # no other task has created the client while the secret was being read
                allowance = self._allowance(node_key(integration.bridge_url))
                self._nodes[key] = self._made(integration, secret.get_secret_value(), allowance)
        return self._nodes[key]

    def with_secret(self, integration: Integration, secret: str) -> ManagementNode:
        """The node specified by settings that are not saved yet. The caller must close its client."""
        return self._made(integration, secret, Unlimited())

    async def close(self) -> None:
        """Close all connections."""
        for node in self._nodes.values():
            await node.client.close()

    def _made(self, integration: Integration, secret: str, allowance: Allowance) -> ManagementNode:
        url, use_proxy = integration.bridge_url, not integration.disable_proxy
        client = NodeClient(
            url, _auth(integration, secret, self._clock), allowance, use_proxy=use_proxy, wire=self._wire
        )
        login = node_key(f"{url} {integration.bridge_client_id or integration.bridge_username}")
        return ManagementNode(node_key(url), login, client, NodeConferences(client, self._clock))

    def _allowance(self, node: str) -> SharedAllowance:
        if node not in self._allowances:
            self._allowances[node] = SharedAllowance(self._tables, node, self._clock)
        return self._allowances[node]


def secret_field(integration: Integration) -> str:
    """The name of the setting that holds the secret required by the node."""
    return "bridge_private_key" if integration.bridge_client_id else "bridge_password"


def _auth(integration: Integration, secret: str, clock: Clock) -> httpx.Auth:
    if integration.bridge_client_id:
        return NodeOAuth(integration.bridge_url, integration.bridge_client_id, secret, clock)
    return httpx.BasicAuth(integration.bridge_username, secret)
