"""Management Nodes, and the part of the product that calls them."""

from typing import Any

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.alarms import Alarms
from shared.integrations import Integration, IntegrationStore
from shared.management_node.nodes import ManagementNodes
from shared.personal.bridges import Bridges
from tests.support.integrations import full_fields
from tests.support.management_node import CLIENT, PASSWORD, USERNAME, Node

ALICE = "alice@example.com"


class BridgeWorld:
    """A deployment whose integrations use a Management Node."""

    def __init__(self, node: Node) -> None:
        self.node, self.clock, storage = node, node.clock, MemoryStorage()
        self.integrations = IntegrationStore(storage, MemorySecrets(), self.clock, local=True)
        self.alarms = Alarms(storage, self.clock)
        self.nodes = ManagementNodes(self.integrations, storage, self.clock)
        self.bridges = Bridges(self.integrations, self.nodes, self.alarms)

    async def integration(self, **changes: Any) -> Integration:
        """Create an integration, which uses Basic authentication unless `changes` say otherwise."""
        bridge_settings = {
            "conference_platform": "management_api", "bridge_url": self.node.url, "bridge_username": USERNAME,
            "bridge_password": PASSWORD, "bridge_client_id": "", "bridge_private_key": "",
        }  # fmt: skip
        return await self.integrations.create(full_fields(**(bridge_settings | changes)))

    async def by_oauth(self, **changes: Any) -> Integration:
        oauth = {"bridge_client_id": CLIENT, "bridge_private_key": self.node.private_key, "bridge_username": ""}
        return await self.integration(**(oauth | changes))

    async def names(self, integration: Integration, email: str = ALICE) -> list[str]:
        return [vmr.name for vmr in await self.bridges.of_owner(integration, email)]

    async def causes(self, integration: Integration) -> list[str]:
        return [alarm.cause async for alarm in self.alarms.of(integration.uuid)]
