"""The content of the demo page: the clock, a user's meetings with the state of their rooms, and the user's inbox.

A room's state comes from the product's records, never from the text of an e-mail. A single response contains
everything, so all parts of the page show the same point in time.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import httpx

from dev.demo.records import BackEndAway, Known, Records, Room, Vmr
from dev.environment import Seed
from shared.calendar.request import meeting_key

_ANSWERS = {"accepted": "accepted", "declined": "declined", "tentativelyAccepted": "tentative"}

Json = dict[str, Any]


class Overview:
    """Reads the page's content. `exchange` is the simulated Exchange's base URL, and `seeds` are the integrations."""

    def __init__(self, client: httpx.AsyncClient, exchange: str, records: Records, seeds: Sequence[Seed]) -> None:
        self._client = client
        self._exchange = exchange
        self._records = records
        self._seeds = {seed.mailbox: seed for seed in seeds}

    async def of(self, user: str) -> Json:
        """Return {"now", "away", "meetings", "inbox"}; `away` is true while the product is not responding."""
        # The clock is read first, so that all other data is at least as recent.
        now = (await self._get("clock"))["now"]
        meetings, inbox = await asyncio.gather(
            self._get("meetings", user=user), self._get(f"mailboxes/{user}/messages")
        )
        # The records are read last. A room is recorded before its meeting is accepted, so every accepted meeting has
        # one here.
        known = await self._known(datetime.fromisoformat(now))
        shown = [self._meeting(each, known) for each in meetings["meetings"]]
        return {"now": now, "away": known is None, "meetings": shown, "inbox": inbox["messages"]}

    async def vmrs(self) -> Sequence[Vmr]:
        """All personal VMRs. Raises BackEndAway."""
        return (await self._records.read(datetime.now(UTC))).vmrs

    async def _known(self, now: datetime) -> Known | None:
        try:
            return await self._records.read(now)
        except BackEndAway:
            return None

    async def _get(self, path: str, **query: str) -> Json:
        answer = await self._client.get(f"{self._exchange}/dev/{path}", params=query)
        body: Json = answer.raise_for_status().json()
        return body

    def _meeting(self, meeting: Json, known: Known | None) -> Json:
        mailbox = next((each for each in meeting["attendees"] if each in self._seeds), "")
        rooms = known.rooms.get(meeting_key(meeting["uid"]), ()) if known else ()
        vmr = None if rooms or mailbox or not known else _vmr_in(meeting, known.vmrs)
        answer = _ANSWERS.get(meeting["responses"].get(mailbox), "")
        window = known.windows.get(mailbox) if known else None
        return meeting | {
            "integration": self._seeds[mailbox].uuid if mailbox else "",
            "answer": answer,
            "state": _state(known, mailbox, rooms, vmr, answer),
            "rooms": [_shown(room) for room in rooms],
            "vmr": asdict(vmr) if vmr else None,
            "window": [side.total_seconds() / 60 for side in window] if window and rooms else None,
        }


def _state(known: Known | None, mailbox: str, rooms: Sequence[Room], vmr: Vmr | None, answer: str) -> str:
    """The state of a meeting's rooms: unknown, open, closed, personal, none, declined (without a room), waiting (for an
    answer) or gone.
    """
    if known is None:
        return "unknown"
    if rooms:
        return "open" if any(room.is_open for room in rooms) else "closed"
    if not mailbox:
        return "personal" if vmr else "none"
    return {"": "waiting", "declined": "declined"}.get(answer, "gone")


def _shown(room: Room) -> Json:
    return asdict(room) | {"opens": room.opens.isoformat(), "closes": room.closes.isoformat()}


def _vmr_in(meeting: Json, vmrs: Sequence[Vmr]) -> Vmr | None:
    """The personal VMR whose joining instructions are in the meeting. The records of meetings do not include personal
    VMRs.
    """
    text = f"{meeting['location']} {meeting['body']}".casefold()
    return next((vmr for vmr in vmrs if any(alias.casefold() in text for alias in vmr.aliases)), None)
