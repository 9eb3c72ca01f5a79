"""`python -m dev.node_outage`: prints the transcript of a meeting with two outages of its Management Node, one before
and one during the meeting.

It runs a separate local stack on free ports. The node is killed before the room is due, and restarts without data once
people may join. It is killed again while people are in the room, and again restarts without data. Each line describes
what the organizer, an admin of the app, the node or a participant sees.
"""

import os
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from dev.__main__ import Stack
from dev.environment import MANAGEMENT, ON_NODE, Addresses
from dev.processes import free_port
from dev.proof import Proof

MINUTE = timedelta(minutes=1)
BUFFER = 30 * MINUTE
"""The seeded integration's meeting_buffer_before. Its meeting_buffer_after is twice as long."""

CLOSELY = 3 * MINUTE
"""How long before each event of interest the clock starts to move minute by minute."""

_STATUS = "/api/admin/status/v1/alarm/"


class Outage:
    """A meeting during the outages, and the people involved. `say` is called with each line of the transcript."""

    def __init__(self, stack: Stack, client: httpx.Client, say: Callable[[str], None]) -> None:
        self._stack = stack
        self._at = stack.addresses
        self._client = client
        self._proof = Proof(stack.addresses, client, ON_NODE)
        self._write = say
        self._alias = ""

    def run(self) -> None:
        """Run through both outages. Raises StackError if an expected event does not happen."""
        room = self._proof.allocate(self._proof.token())
        self._alias = room["alias"]
        start = (self._now() + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
        self._kill("before the meeting is booked")
        uid = self._proof.invite(room["instructions"], start)
        answer = self._proof.wait_for(lambda: self._proof.answer(uid), "no answer to the invitation")
        self._say(
            "organizer",
            f"{answer['kind']}: a meeting at {start:%H:%M}, {self._alias}, people may join half an hour before",
        )
        self._go_to(self._now() + 2 * MINUTE)
        self._see_alarms("bridge_failed")
        self._go_to(start - BUFFER - 3 * MINUTE)
        self._see_alarms("bridge_failed", "rooms_missing")
        self._go_to(start - BUFFER + MINUTE)
        self._join()
        self._come_back()
        self._see_room()
        self._see_no_alarms()
        self._go_to(self._now() + 2 * MINUTE)
        self._join()
        self._go_to(start + 10 * MINUTE)
        self._kill("while people are in the room")
        self._go_to(start + 12 * MINUTE)
        self._come_back()
        self._go_to(start + 25 * MINUTE)
        self._see_room()
        self._go_to(start + 60 * MINUTE + 2 * BUFFER + 2 * MINUTE)
        self._proof.wait_for(lambda: None if self._room() else True, "the room is still there")
        self._say("node", "the room is gone")
        self._join()

    def _kill(self, when: str) -> None:
        self._stack.kill_node()
        self._say("node", f"is killed {when}")

    def _come_back(self) -> None:
        self._stack.start_node()
        self._stack.wait_until_up(self._client)
        self._client.post(f"{self._at.node}/dev/clock", json={"now": self._now().isoformat()})
        self._say("node", "is back, without its data")
        self._go_to(self._now() + 2 * MINUTE)

    def _go_to(self, moment: datetime) -> None:
        """Move the clock to shortly before the given time, and then minute by minute. Timers run after each move."""
        while (now := self._now()) < moment:
            to = min(now + (MINUTE if moment - now <= CLOSELY else moment - now - CLOSELY), moment)
            self._proof.call("POST", f"{self._at.exchange}/dev/clock", json={"now": to.isoformat()})

    def _see_alarms(self, *names: str) -> None:
        def told() -> dict[str, str] | None:
            found = {each["name"]: each["details"] for each in self._alarms()}
            return found if found.keys() >= set(names) else None

        for name, details in sorted(self._proof.wait_for(told, f"no alarms {names}").items()):
            self._say("admin", f"alarm {name}: {details}")

    def _see_no_alarms(self) -> None:
        gone = {"bridge_failed", "rooms_missing"}
        self._proof.wait_for(lambda: None if gone & {each["name"] for each in self._alarms()} else True, "alarms stay")
        left = [f"{each['name']}: {each['details']}" for each in self._alarms()]
        self._say(
            "admin", f"these alarms are cleared; {'remaining: ' + '; '.join(left) if left else 'no alarms remain'}"
        )

    def _alarms(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._proof.call("GET", f"{self._at.functions}{_STATUS}", auth=MANAGEMENT)[
            "objects"
        ]
        return found

    def _see_room(self) -> None:
        room = self._proof.wait_for(self._room, "the node has no room")
        self._say("node", f"has the room {room['name']!r} ({', '.join(room['aliases'])})")

    def _room(self) -> dict[str, Any] | None:
        rooms: list[dict[str, Any]] = self._proof.call("GET", f"{self._at.node}/dev/rooms")["rooms"]
        return next((room for room in rooms if self._alias in room["aliases"]), None)

    def _join(self) -> None:
        """Join as a participant. The conferencing node requests external policy, and then looks in its own database.
        This database does not change while the Management Node is down.
        """
        told = self._proof.policy(self._alias).status_code
        try:
            own = self._client.get(f"{self._at.node}/dev/dialled", params={"alias": self._alias})
            found = "is in the room" if own.is_success else "is told that there is no such conference"
        except httpx.TransportError:
            found = "is told that there is no such conference"
        self._say(
            "participant",
            f"policy responds with {told}, so the node looks in its own database; the participant {found}",
        )

    def _now(self) -> datetime:
        return datetime.fromisoformat(self._proof.call("GET", f"{self._at.exchange}/dev/clock")["now"])

    def _say(self, who: str, what: str) -> None:
        self._write(f"{self._now():%H:%M} {who:<12}{what}")


def transcript(folder: Path, say: Callable[[str], None]) -> None:
    """Start a stack, run through the outages, and stop the stack. Raises StackError. NODE must be 1."""
    stack = Stack(Addresses(free_port(), free_port(), free_port()), None, folder)
    try:
        with httpx.Client(trust_env=False, timeout=60) as client:
            stack.wait_until_up(client)
            client.post(f"{stack.addresses.functions}/dev/run/renew").raise_for_status()
            Outage(stack, client, say).run()
    finally:
        stack.stop()


if __name__ == "__main__":
    os.environ["NODE"] = "1"
    with tempfile.TemporaryDirectory() as temporary:
        transcript(Path(temporary), lambda line: print(line, flush=True))
