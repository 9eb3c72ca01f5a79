"""Chooses the Platform for conferences and composes everything that depends on it.

An integration's setting `conference_platform` determines its platform. Only `platform_of` reads this setting.
Scheduling, the timers, the retirement of integrations and the erasure of a person's data all call `platform_of`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from shared.clock import SystemClock
from shared.errors import NotFound
from shared.queues import MEETING_REQUESTS

if TYPE_CHECKING:
    from shared.composition.foundation import Foundation
    from shared.conferences.node_platform import PlaceOf, Rooms
    from shared.conferences.node_room import Place
    from shared.conferences.platform import Platform
    from shared.conferences.policy import Policy
    from shared.conferences.room_comparison import RoomComparison
    from shared.conferences.room_keeper import RoomKeeper, RoomTimer
    from shared.conferences.room_moves import RoomMoves
    from shared.identity.passwords import BasicAuthenticator
    from shared.integrations import Integration
    from shared.management_node.nodes import ManagementNode, ManagementNodes
    from shared.operations.erasure import Traces
    from shared.storage import Tables


class Conferences:
    """The parts that open and close conferences, and tell conferencing nodes about them."""

    def __init__(self, foundation: Foundation) -> None:
        self.foundation = foundation

    @cached_property
    def platform(self) -> Platform:
        """The platform that each integration has chosen."""
        return platform_of(self.rooms, self._place_of)

    @cached_property
    def rooms(self) -> Rooms:
        """The records of rooms on Management Nodes."""
        from shared.conferences.node_platform import Rooms

        base = self.foundation
        return Rooms(base.storage, base.storage.queue(MEETING_REQUESTS), base.clock)

    @cached_property
    def room_timer(self) -> RoomTimer:
        """Queues rooms that are due."""
        from shared.conferences.room_keeper import RoomTimer

        return RoomTimer(self.rooms, self.foundation.storage.queue(MEETING_REQUESTS))

    @cached_property
    def room_keeper(self) -> RoomKeeper:
        """Creates and removes rooms on Management Nodes."""
        from shared.conferences.platform import PolicyPlatform
        from shared.conferences.room_ahead import RoomsAhead
        from shared.conferences.room_comparison import COMPARE
        from shared.conferences.room_keeper import RoomKeeper
        from shared.conferences.room_moves import MOVE
        from shared.management_node.outage import Outages

        base = self.foundation
        outages = Outages(base.storage, base.clock)
        return RoomKeeper(
            base.storage,
            self.rooms,
            PolicyPlatform(base.storage),
            self._place_of,
            self.node_of,
            outages,
            base.alarms,
            base.clock,
            RoomsAhead(self.rooms, self._place_of, self.node_of, outages, base.alarms),
            {MOVE: self.room_moves.go_on, COMPARE: self.room_comparison.compare},
        )

    @cached_property
    def room_moves(self) -> RoomMoves:
        """Moves bookings when an integration changes its platform."""
        from shared.conferences.room_moves import RoomMoves

        return RoomMoves(self.rooms, self.platform)

    @cached_property
    def room_comparison(self) -> RoomComparison:
        """Compares Management Nodes' lists with bookings."""
        from shared.conferences.room_comparison import RoomComparison
        from shared.management_node.outage import Outages

        base = self.foundation
        outages = Outages(base.storage, base.clock)
        return RoomComparison(self.rooms, self._place_of, self.node_of, outages, base.alarms)

    async def compare_rooms(self) -> None:
        """Have all Management Nodes' lists compared, one integration at a time."""
        from shared.conferences.room_comparison import COMPARE

        for integration in await self.foundation.integrations.list():
            if integration.conference_platform == "management_api" and integration.enable_dynamic_vmrs:
                await self.rooms.look_now(integration.uuid, [COMPARE])

    async def leave_node(self, uuid: str) -> None:
        """Remove an integration's rooms from its node before its settings are deleted, if the node can be reached."""
        from shared.conferences.room_removal import remove_rooms

        await remove_rooms(self.rooms.records, self.node_of, uuid)

    async def _place_of(self, uuid: str) -> Place:
        from shared.conferences.node_room import Place
        from shared.management_node.allowance import node_key

        integration = await self._integration(uuid)
        if integration is None or integration.conference_platform != "management_api":
            return Place("", timedelta(0))
        return Place(node_key(integration.bridge_url), timedelta(minutes=integration.room_lead_time))

    async def node_of(self, uuid: str) -> ManagementNode | None:
        """The Management Node in an integration's settings, regardless of its platform. Raises NodeFailed."""
        integration = await self._integration(uuid)
        return await self.management_nodes.of(integration) if integration and integration.bridge_url else None

    async def _integration(self, uuid: str) -> Integration | None:
        try:
            return await self.foundation.integrations.cached(uuid)
        except NotFound:
            return None

    async def _is_on_node(self, uuid: str) -> bool:
        return bool((await self._place_of(uuid)).node)

    @cached_property
    def management_nodes(self) -> ManagementNodes:
        """The Management Nodes that the integrations' settings refer to."""
        from shared.management_node.nodes import ManagementNodes

        base = self.foundation
        nodes = ManagementNodes(base.integrations, base.storage, base.clock)
        base.connections.push_async_callback(nodes.close)
        return nodes

    @cached_property
    def policy(self) -> Policy:
        """Responds to conferencing nodes."""
        from shared.conferences.policy import Policy

        base = self.foundation
        return Policy(base.storage, base.clock, serves_vmrs=base.settings.serves_vmrs, is_on_node=self._is_on_node)

    @cached_property
    def nodes(self) -> BasicAuthenticator:
        """Authenticates conferencing nodes."""
        from shared.identity.passwords import BasicAuthenticator

        return BasicAuthenticator(self.foundation.settings.policy, "policy", self.foundation.clock)


def platform_of(rooms: Rooms, place_of: PlaceOf) -> Platform:
    """The platform of each booking, according to its integration."""
    from shared.conferences.node_platform import ChosenPlatform
    from shared.conferences.platform import PolicyPlatform

    return ChosenPlatform(PolicyPlatform(rooms.tables), rooms, place_of)


async def erase(tables: Tables, traces: Traces) -> None:
    """Remove everything that was found about a person: see shared/operations/erasure.py.

    Rooms on Management Nodes are left to the app's timer, because the person running the erasure has no credentials for
    a node.
    """
    from shared.conferences.node_platform import Rooms
    from shared.conferences.node_room import Place
    from shared.operations.erasure import erase as erase_on

    async def any_node(_: str) -> Place:
        return Place("any", timedelta(0))  # a closed room is closed on every platform

    await erase_on(tables, platform_of(Rooms(tables, None, SystemClock()), any_node), traces)
