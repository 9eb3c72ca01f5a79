"""The rooms on the simulated Management Node, for the page. The stack has a node if NODE is 1."""

from http import HTTPStatus
from typing import Any

import httpx

Json = dict[str, Any]


class NodeRooms:
    """Calls the node's control routes. `node` is the node's base URL, or "" if there is no node."""

    def __init__(self, client: httpx.AsyncClient, node: str) -> None:
        self._client = client
        self._node = node

    @property
    def is_there(self) -> bool:
        """Whether the stack has a node, even if it is not running."""
        return bool(self._node)

    async def shown(self) -> Json | None:
        """{"away", "rooms": [{"name", "aliases", "since", "reached"}]}, newest room first; None without a node.

        `since` is when a room was created. `reached` says whether it has reached the conferencing nodes.
        """
        if not self._node:
            return None
        try:
            answer = await self._client.get(f"{self._node}/dev/rooms")
        except httpx.TransportError:
            return {"away": True, "rooms": []}
        rooms = [_shown(room) for room in answer.raise_for_status().json()["rooms"]]
        return {"away": False, "rooms": sorted(rooms, key=lambda room: str(room["since"]), reverse=True)}

    async def dialled(self, alias: str) -> str:
        """The name of the room that a conferencing node finds in its own database, or "" if it finds none."""
        if not self._node:
            return ""
        try:
            answer = await self._client.get(f"{self._node}/dev/dialled", params={"alias": alias})
        except httpx.TransportError:
            return ""
        return str(answer.json()["room"]["name"]) if answer.status_code == HTTPStatus.OK else ""


def _shown(room: Json) -> Json:
    """A room in the format that the page expects. The node's times have no offset and are in UTC."""
    return {
        "name": room["name"],
        "aliases": room["aliases"],
        "since": f"{room['creation_time']}+00:00",
        "reached": room["on_conferencing_nodes"],
    }
