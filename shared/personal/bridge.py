"""VMRs of a Pexip Infinity Management Node, by its API (docs/facts/pexip.md §1, §2; C3).

Not confirmed against a live Management Node: that lists can be filtered by `primary_owner_email_address__iexact`. So
the owner is compared here as well, and a node that passed the filter over would show nobody another's VMRs.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from shared.bounded_http import MEGABYTE, AnswerRefused, Bounds, bounded_client
from shared.clock import Clock
from shared.errors import RateLimited
from shared.mail_addresses import same_address
from shared.network_errors import why_not_reached
from shared.personal.bridge_failure import BridgeFailed
from shared.personal.rendering import Vmr
from shared.personal.vmr import PERSONAL_SERVICE_TYPES
from shared.retry_after import retry_after

logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log every URL, and these name their owner

CONFERENCES = "/api/admin/configuration/v1/conference/"
NODE_PAGE_SIZE = 200
NODE_MAX_PAGES = 10
LIST_TIMEOUT = 15.0
"""Seconds for the whole list, however slowly it trickles: somebody waits before the pane."""

NODE_BOUNDS = Bounds(bytes=8 * MEGABYTE, seconds=LIST_TIMEOUT, connections=20)
"""A page of 200 conferences with everything that admins can write into them has less than 2 MB."""

ALLOWED, PER = 1000, timedelta(seconds=60)
"""Requests that a Management Node answers in a time (pexip.md §1); other instances and tools have to share it."""


class _Alias(BaseModel):
    alias: str


class _Conference(BaseModel):
    """What is read of a `conference`; everything else is passed over."""

    name: str
    description: str = ""
    service_type: str
    aliases: list[_Alias]
    pin: str | None = None
    guest_pin: str | None = None
    allow_guests: bool = False
    primary_owner_email_address: str | None = None
    scheduled_conferences_count: int = 0

    def is_personal(self, email: str) -> bool:
        """Whether it is a VMR of this owner, and none that was made for a meeting."""
        is_theirs = same_address(self.primary_owner_email_address or "", email)
        return is_theirs and self.service_type in PERSONAL_SERVICE_TYPES and not self.scheduled_conferences_count

    def shown(self) -> Vmr:
        """As templates know it."""
        return Vmr(
            self.name, self.description, self.service_type, tuple(entry.alias for entry in self.aliases),
            self.pin or "", self.guest_pin or "", self.allow_guests, self.primary_owner_email_address or "",
        )  # fmt: skip


class _Meta(BaseModel):
    total_count: int


class _Page(BaseModel):
    meta: _Meta
    objects: list[_Conference]


class _Named(BaseModel):
    """An object of which only the name matters."""

    name: str


_Read = TypeVar("_Read", _Page, _Named)


class Allowance:
    """How many requests may still be sent; of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: deque[datetime] = deque()

    def take(self) -> None:
        """Note a request that is about to be sent. Raises RateLimited when it would be one too many."""
        now = self._clock.now()
        while self._sent and self._sent[0] <= now - PER:
            self._sent.popleft()
        if len(self._sent) >= ALLOWED:
            raise _too_many((self._sent[0] + PER - now).total_seconds())
        self._sent.append(now)


class BridgeClient:
    """One Management Node, with the credentials of one integration."""

    def __init__(self, base_url: str, auth: httpx.Auth, clock: Clock, *, use_proxy: bool = True) -> None:
        self._allowance = Allowance(clock)
        headers = {"Accept": "application/json"}
        self._http = bounded_client(NODE_BOUNDS, use_proxy=use_proxy, base_url=base_url, auth=auth, headers=headers)

    async def of_owner(self, email: str) -> list[Vmr]:
        """An owner's VMRs; one request for each 200. Nobody's when `email` is "". Raises BridgeFailed, RateLimited."""
        if not same_address(email, email):  # none, or one that a node might fold to somebody else's
            return []
        try:
            async with asyncio.timeout(LIST_TIMEOUT):
                return [each.shown() for each in await self._all(email) if each.is_personal(email)]
        except TimeoutError as error:
            raise BridgeFailed(f"the Management Node does not answer within {LIST_TIMEOUT:g} seconds") from error

    async def name(self, path: str) -> str | None:
        """The name of the object at a path of its API, None when there is none. Raises BridgeFailed, RateLimited."""
        answer = await self._get(path, {})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return _read(answer, _Named).name

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _all(self, email: str) -> list[_Conference]:
        found: list[_Conference] = []
        for _ in range(NODE_MAX_PAGES):
            page = await self._page({"primary_owner_email_address__iexact": email}, len(found))
            found += page.objects
            if not page.objects or len(found) >= page.meta.total_count:
                return found
        raise BridgeFailed(
            f"the Management Node has more than {NODE_PAGE_SIZE * NODE_MAX_PAGES} conferences of one owner"
        )

    async def _page(self, filters: dict[str, str], offset: int) -> _Page:
        return _read(await self._get(CONFERENCES, {**filters, "limit": NODE_PAGE_SIZE, "offset": offset}), _Page)

    async def _get(self, path: str, params: dict[str, Any]) -> httpx.Response:
        self._allowance.take()
        try:
            return await self._http.get(path, params=params)
        except httpx.TimeoutException as error:
            raise BridgeFailed("the Management Node does not answer in time") from error
        except AnswerRefused as error:
            raise BridgeFailed(f"the Management Node's answer is refused: {error}") from error
        except httpx.RequestError as error:
            raise BridgeFailed(f"the Management Node cannot be reached ({why_not_reached(error)})") from error


def _read(answer: httpx.Response, kind: type[_Read]) -> _Read:
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise _too_many(retry_after(answer.headers) or PER.total_seconds())
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise BridgeFailed(f"the Management Node refuses the credentials (status {answer.status_code})")
    if answer.status_code != httpx.codes.OK:
        raise BridgeFailed(f"the Management Node answers with status {answer.status_code}")
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise BridgeFailed("bridge_url answers as no Management Node does") from error


def _too_many(seconds: float) -> RateLimited:
    return RateLimited("Too many are asking for their personal VMRs right now. Please try again in a minute.", seconds)
