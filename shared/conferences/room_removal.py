"""Removes an integration's rooms from its Management Node before the integration is deleted. Afterwards, the node would
no longer be accessible.
"""

from __future__ import annotations

import asyncio
import logging

from shared.conferences.node_platform import NodeOf
from shared.conferences.room_records import RoomRecords
from shared.errors import SchedulingError

log = logging.getLogger(__name__)

REMOVAL_TIMEOUT = 20.0
"""Time limit for the removal in seconds. An admin is waiting for it."""

_AT_A_TIME = 40


async def remove_rooms(records: RoomRecords, node_of: NodeOf, integration: str) -> None:
    """Remove all rooms if the node can be reached. The node may be gone, and that may even be why the integration is
    being deleted.

    Rooms that remain on the node can be identified by their tag, `<integration>:…`. Raises Unavailable if storage
    cannot be used.
    """
    rooms = [record async for record in records.of(integration)]
    if not rooms:
        return
    try:
        async with asyncio.timeout(REMOVAL_TIMEOUT):
            if node := await node_of(integration):
                for start in range(0, len(rooms), _AT_A_TIME):
                    tags = {f"{integration}:{room.tag}" for room in rooms[start : start + _AT_A_TIME]}
                    found = await node.conferences.by_tags(tags)
                    if left := await node.conferences.remove([room.resource_uri for room in found.values()]):
                        log.warning("%s: the Management Node refused to remove %s rooms", integration, len(left))
    except (SchedulingError, TimeoutError) as error:
        log.warning(
            "%s: up to %s rooms remain on its Management Node: %s", integration, len(rooms), type(error).__name__
        )
