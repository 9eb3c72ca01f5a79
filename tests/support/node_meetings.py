"""The processor and its in-memory dependencies, with rooms on a Management Node."""

from datetime import timedelta

import httpx

from dev.harness.node_wire import ON_NODE, NodeWire
from dev.management_node.auth import BASIC
from dev.management_node.node import Node
from shared.conferences.node_platform import NodePlatform, Rooms
from shared.conferences.node_room import Place
from shared.conferences.platform import Platform, PolicyPlatform
from shared.conferences.room_ahead import RoomsAhead
from shared.conferences.room_keeper import RoomKeeper, RoomTimer
from shared.conferences.room_work import RoomWork
from shared.management_node.allowance import Unlimited, node_key
from shared.management_node.client import NodeClient
from shared.management_node.conferences import NodeConferences
from shared.management_node.nodes import ManagementNode
from shared.management_node.outage import Outages
from shared.storage import Storage
from tests.support.meetings_world import MeetingsWorld

URL = str(ON_NODE["bridge_url"])
PLACE = Place(node_key(URL), timedelta(0))
"""A node without a lead time. Rooms exist exactly when policy would admit people."""


class NodeMeetingsWorld(MeetingsWorld):
    """One integration with its rooms on a Management Node."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.node = Node(self.clock)
        client = NodeClient(URL, httpx.BasicAuth(*BASIC), Unlimited(), wire=NodeWire(self.node))
        self._node = ManagementNode(PLACE.node, PLACE.node, client, NodeConferences(client, self.clock))

    def platform(self, storage: Storage) -> Platform:
        return NodePlatform(PolicyPlatform(storage), self._rooms(storage), PLACE)

    def _rooms(self, storage: Storage) -> Rooms:
        return Rooms(storage, storage.queue("meeting-requests"), self.clock)

    async def handle_rooms(self, body: str) -> None:
        async def place_of(_: str) -> Place:
            return PLACE

        async def node_of(_: str) -> ManagementNode:
            return self._node

        outages = Outages(self.storage, self.clock)
        policy, rooms = PolicyPlatform(self.storage), self._rooms(self.storage)
        ahead = RoomsAhead(rooms, place_of, node_of, outages, self.alarms)
        keeper = RoomKeeper(self.storage, rooms, policy, place_of, node_of, outages, self.alarms, self.clock, ahead, {})
        await keeper.keep(RoomWork.decode(body))

    async def is_open(self, alias: str) -> bool | None:
        """Whether the room is on the node once everything due by now has been done."""
        await RoomTimer(self._rooms(self.storage), self.queue).run()
        while self.queue.sent:
            await self.handle_rooms(self.queue.sent.pop(0)[0])
        return any(alias in room["aliases"] for room in self.node.rooms())
