"""Requests to one Management Node, using one integration's credentials (docs/facts/pexip.md §1)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import httpx

from shared.bounded_http import MEGABYTE, AnswerRefused, Bounds, bounded_client
from shared.bounded_json import read_json
from shared.management_node.allowance import Allowance, too_many
from shared.management_node.failure import NodeFailed, NodeRefused
from shared.network_errors import why_not_reached
from shared.retry_after import retry_after

logging.getLogger("httpx").setLevel(logging.WARNING)  # httpx would log every URL, and URLs contain owners' addresses

_API = "/api/admin/"
CONFIGURATION = f"{_API}configuration/v1/"
STATUS = f"{_API}status/v1/"

NODE_TIMEOUT = 15.0
"""Maximum time in seconds for a whole response, even if data keeps trickling in."""

NODE_BOUNDS = Bounds(bytes=8 * MEGABYTE, seconds=NODE_TIMEOUT, connections=20)
"""Size limits on a response. 250 conferences with all writable fields take less than 3 MB."""

RATE_LIMIT_PAUSE = 60.0
"""How many seconds to wait if a node rate-limits us without saying for how long."""

Fields = Mapping[str, Any]

_DONE = {"GET": (200,), "POST": (201,), "PATCH": (202, 204), "DELETE": (202, 204)}
"""The statuses with which a node confirms that it has carried out a request. Other statuses may come from a proxy."""

_REJECTIONS = (405, 409, 422, 500, 501)
"""Statuses with which a node rejects what was sent. These include 500. A single room that makes a node fail must not
delay all others, as an unavailable node would. If the node really is unavailable, the next read fails too.
"""


class NodeClient:
    """A client for one node. Every call may raise NodeFailed, NodeRefused if the node rejects what was sent, and
    RateLimited.

    If the connection breaks, reads are retried once. Writes are not: the caller has to read to find out whether the
    write was carried out. `wire` replaces the network in tests.
    """

    def __init__(
        self,
        base_url: str,
        auth: httpx.Auth,
        allowance: Allowance,
        *,
        use_proxy: bool = True,
        wire: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        async def count(_: httpx.Request) -> None:
            await allowance.take()

        self.base_url = base_url
        headers = {"Accept": "application/json"}
        self._http = bounded_client(
            NODE_BOUNDS,
            use_proxy=use_proxy,
            wire=wire,
            base_url=base_url,
            auth=auth,
            headers=headers,
            event_hooks={"request": [count]},  # token requests count too
        )

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON at a path; None if there is no object."""
        try:
            answer = await self._send("GET", path, params)
        except _Broken:
            answer = await self._send("GET", path, params)
        return None if answer.status_code == httpx.codes.NOT_FOUND else _read(_taken(answer))

    async def post(self, path: str, fields: Fields) -> str:
        """Create an object; returns its path, or "" if the node does not give one."""
        answer = _taken(await self._send("POST", path, fields=fields))
        location = answer.headers.get("Location", "")
        return httpx.URL(location).path if location else ""

    async def patch(self, path: str, fields: Fields) -> bool:
        """Change one or more objects; returns whether they existed."""
        answer = await self._send("PATCH", path, fields=fields)
        return answer.status_code != httpx.codes.NOT_FOUND and bool(_taken(answer))

    async def delete(self, path: str) -> bool:
        """Remove one object; returns whether it existed. Raises ValueError for the path of a list, because the node
        would remove everything in that list.
        """
        if not path.rstrip("/").rpartition("/")[2].isdecimal():
            raise ValueError("only single objects may be deleted")
        answer = await self._send("DELETE", path)
        return answer.status_code != httpx.codes.NOT_FOUND and bool(_taken(answer))

    async def date(self) -> str:
        """The time by the node's own clock, from the Date header of a response; "" if there is no such header."""
        answer = await self._send("GET", f"{STATUS}management_vm/", {"limit": 1})
        return str(_taken(answer).headers.get("Date", ""))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send(
        self, method: str, path: str, params: Mapping[str, str | int] | None = None, fields: Fields | None = None
    ) -> httpx.Response:
        if not path.startswith(_API):  # httpx would send the credentials to another host
            raise NodeFailed(f"the server at bridge_url refers to an address outside {_API}")
        body: dict[str, Any] = {} if fields is None else {"json": dict(fields)}
        try:
            return await self._http.request(method, path, params=params, **body)
        except httpx.TimeoutException as error:
            raise NodeFailed("the Management Node did not respond in time") from error
        except AnswerRefused as error:
            raise NodeFailed(f"the Management Node's response was rejected: {error}") from error
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
            raise _Broken(f"the Management Node cannot be reached ({why_not_reached(error)})") from error
        except httpx.RequestError as error:
            raise NodeFailed(f"the Management Node cannot be reached ({why_not_reached(error)})") from error


class _Broken(NodeFailed):
    """The connection broke, so the request may or may not have arrived."""


def _taken(answer: httpx.Response) -> httpx.Response:
    """The response, if it is a node's confirmation. Raises NodeFailed, NodeRefused, RateLimited."""
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise too_many(retry_after(answer.headers) or RATE_LIMIT_PAUSE)
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NodeFailed(f"the Management Node refused the credentials (status {answer.status_code})")
    if answer.status_code == httpx.codes.BAD_REQUEST:
        raise NodeRefused(_faults(answer.content))
    if answer.status_code in _REJECTIONS and answer.request.method != "GET":
        raise NodeRefused({}, answer.status_code)
    if answer.status_code not in _DONE[answer.request.method]:
        raise NodeFailed(f"the Management Node returned status {answer.status_code}")
    return answer


def _read(answer: httpx.Response) -> Any:
    try:
        return read_json(answer.content)
    except ValueError as error:
        raise NodeFailed("the server at bridge_url is not a Management Node") from error


def _faults(body: bytes) -> dict[str, list[str]]:
    """A node's messages, keyed by field. The response may or may not nest them under the resource's name."""
    try:
        told = read_json(body)
    except ValueError:
        return {}
    found: dict[str, list[str]] = {}
    for name, value in told.items() if isinstance(told, dict) else ():
        for field, messages in value.items() if isinstance(value, dict) else ((name, value),):
            given = messages if isinstance(messages, list) else [messages]
            found["" if field == "error" else str(field)] = [str(message) for message in given]
    return found
