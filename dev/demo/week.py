"""A week of sample meetings, created with the same requests and invitations as a user's own meetings. The page triggers
its creation.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

import httpx

from dev.demo.texts import AFTER, BEFORE, TEXTS
from dev.environment import DEMO, MANAGEMENT
from dev.seed import Places, addresses_of, settings_of

ALICE, BOB = "alice@example.com", "bob@example.com"
GLANCE, LOOKS = 0.1, 300
"""Seconds between checks for an answer, and the maximum number of checks."""
_CONNECTORS = "/api/admin/configuration/v1/ms_exchange_connector/"
_CLIENT = "/api/client/v2/msexchange_schedulers"


class WeekFailed(Exception):
    """The week of meetings cannot be created. The message contains the unexpected response."""


@dataclass
class Progress:
    """Progress in creating the week of meetings. `fault` is the reason for a failure, or ""."""

    of: int = 1
    done: int = 0
    fault: str = ""

    @property
    def is_over(self) -> bool:
        """Whether all meetings have been created, or creating them has failed."""
        return bool(self.fault) or self.done == self.of


@dataclass
class Week:
    """Creates the demo's integration and then the meetings, in the background, once per run of the stack."""

    client: httpx.AsyncClient
    places: Places
    progress: Progress = field(default_factory=Progress)
    _work: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start creating the week of meetings, if it has not been started already."""
        if self._work is None:
            self._work = asyncio.create_task(self._make())

    async def close(self) -> None:
        """Stop creating the week of meetings."""
        if self._work:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _make(self) -> None:
        steps: Sequence[Callable[[], Awaitable[None]]] = (
            self._integration,
            self._first_and_its_copy,
            self._series,
            self._whole_day,
            self._late,
            self._bobs,
        )
        self.progress.of = len(steps)
        try:
            for step in steps:
                await step()
                self.progress.done += 1
        except (WeekFailed, httpx.HTTPError) as error:
            self.progress.fault = str(error) or type(error).__name__

    async def _integration(self) -> None:
        """Create the page's own integration, with numeric aliases and the suggested texts, and watch its mailbox."""
        fields = {
            **settings_of(DEMO),
            **addresses_of(DEMO, self.places),
            **TEXTS,
            "meeting_buffer_before": BEFORE,
            "meeting_buffer_after": AFTER,
            "enable_addin_mobile_command": True,
        }
        await self._exchange("GET", f"mailboxes/{DEMO.mailbox}/messages")  # this creates the mailbox
        found = await self._product("GET", f"{_CONNECTORS}?uuid={DEMO.uuid}")
        if found["objects"]:  # from an earlier run, kept in DATA_DIR
            await self._product("PATCH", found["objects"][0]["resource_uri"], fields)
        else:
            await self._product("POST", _CONNECTORS, fields)
        await self._product("POST", "/dev/run/renew")

    async def _first_and_its_copy(self) -> None:
        """Book a meeting whose room is already open, and a copy of it. The copy is declined because it contains the
        first meeting's joining instructions.
        """
        now = await self._now()
        soon = now.replace(second=0, microsecond=0) + timedelta(minutes=20 - now.minute % 5)
        instructions = await self._instructions(ALICE)
        first = await self._meet(ALICE, "Project kick-off", soon, 60, instructions)
        await self._answered(ALICE, first)
        later = soon + timedelta(days=1)
        await self._meet(ALICE, "Budget, copied from the kick-off", later, 30, instructions)

    async def _series(self) -> None:
        """Book a meeting on five days in a row, move the second day, and cancel the third."""
        first = await self._day(1, time(9, 0))
        recurrence = {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": f"{first:%Y-%m-%d}", "numberOfOccurrences": 5},
        }
        uid = await self._meet(ALICE, "Stand-up", first, 30, await self._instructions(ALICE), recurrence=recurrence)
        await self._answered(ALICE, uid)
        second, third = (first + timedelta(days=days) for days in (1, 2))
        moved = second.replace(hour=11)
        change = {"occurrence": f"{second:%Y-%m-%d}", **_times(moved, moved + timedelta(minutes=30))}
        await self._exchange("PATCH", f"meetings/{uid}", change)
        await self._answered(ALICE, uid, 2)
        await self._exchange("DELETE", f"meetings/{uid}?occurrence={third:%Y-%m-%d}")

    async def _whole_day(self) -> None:
        day = await self._day(2, time())
        await self._meet(ALICE, "Company day", day, 24 * 60, await self._instructions(ALICE), is_all_day=True)

    async def _late(self) -> None:
        """Book a meeting with the placeholder that the add-in inserts when it cannot reach the back end. The organizer
        gets the joining instructions by mail.
        """
        config = await self._product("GET", f"/addin/{DEMO.uuid}/config", headers=await self._proof(ALICE))
        await self._meet(ALICE, "Customer call", await self._day(3, time(13, 0)), 45, config["placeholder"]["html"])

    async def _bobs(self) -> None:
        start = await self._day(1, time(15, 0))
        await self._meet(BOB, "Retrospective", start, 60, await self._instructions(BOB))

    async def _meet(self, who: str, subject: str, start: datetime, minutes: int, text: str, **more: Any) -> str:
        other = BOB if who == ALICE else ALICE
        meeting = {
            "organizer": who,
            "subject": subject,
            **_times(start, start + timedelta(minutes=minutes)),
            "time_zone": "UTC",
            "location": "Video meeting rooms",
            "body_html": f"{text}<p>Hello,</p><p>see you there.</p>",
            "attendees": [other, DEMO.mailbox],
            **more,
        }
        return str((await self._exchange("POST", "meetings", meeting))["uid"])

    async def _answered(self, user: str, uid: str, times: int = 1) -> None:
        """Wait until the equipment mailbox has sent `times` answers to a meeting. Raises WeekFailed."""
        for _ in range(LOOKS):
            messages = (await self._exchange("GET", f"mailboxes/{user}/messages"))["messages"]
            if sum(each["uid"] == uid and each["from"] == DEMO.mailbox for each in messages) >= times:
                return
            await asyncio.sleep(GLANCE)
        raise WeekFailed(f"The equipment mailbox has not answered after {LOOKS * GLANCE:g} s.")

    async def _now(self) -> datetime:
        return datetime.fromisoformat((await self._exchange("GET", "clock"))["now"])

    async def _day(self, days: int, at: time) -> datetime:
        return datetime.combine((await self._now()).date() + timedelta(days=days), at)

    async def _proof(self, user: str) -> dict[str, str]:
        """Headers that authenticate the pane's requests."""
        wanted = {"user": user, "audience": f"{self.places.functions}/addin/{DEMO.uuid}/pane"}
        token = (await self._exchange("POST", "identity-token", wanted))["token"]
        return {"token": str(token), "X-Mailboxes": user}

    async def _instructions(self, user: str) -> str:
        """The joining instructions inserted by the button in Outlook."""
        path = f"{_CLIENT}/{DEMO.uuid}/meeting_details"
        answer = await self._product("GET", path, headers=await self._proof(user))
        return str(answer["result"]["instructions"])

    async def _exchange(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        return await self._ask(method, f"{self.places.exchange}/dev/{path}", json=body)

    async def _product(self, method: str, path: str, body: object = None, **more: Any) -> Mapping[str, Any]:
        if path.startswith("/api/admin/"):
            more["auth"] = MANAGEMENT
        return await self._ask(method, f"{self.places.functions}{path}", json=body, **more)

    async def _ask(self, method: str, url: str, **more: Any) -> Mapping[str, Any]:
        answer = await self.client.request(method, url, **more)
        if answer.is_error:
            raise WeekFailed(f"{method} {url} returned {answer.status_code}: {answer.text[:300]}")
        body: Mapping[str, Any] = answer.json()
        return body


def _times(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": f"{start:%Y-%m-%dT%H:%M:%S}", "end": f"{end:%Y-%m-%dT%H:%M:%S}"}
