"""The week of meetings with which the local stack starts. Without it, the console would be empty.

The meetings are created through the public APIs only. Their organizers are Carol and Dave. This leaves the mailboxes of
Alice and Bob empty for people who try out the stack.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from dev.environment import MANAGEMENT, Addresses, Seed
from dev.processes import StackError
from dev.proof import asked

CAROL, DAVE = "carol@example.com", "dave@example.com"
ANSWERS_TIMEOUT = 60.0  # how long the answers may take on a busy machine, in seconds
GLANCE = 0.05  # seconds between checks for answers
SERIES = "Morning round"
_ANSWERS = ("accepted", "declined", "tentative")


@dataclass(frozen=True)
class OpeningWeek:
    """Creates one integration's meetings. Each step can raise StackError."""

    addresses: Addresses
    client: httpx.Client
    seed: Seed

    def make(self) -> None:
        """Create all meetings, and wait for the answers. If DATA_DIR contains the meetings from an earlier start, this
        does nothing.
        """
        if self._is_there():
            return
        before = self._answers()
        invited = self._invite_all()
        if self.seed.by_ews:
            self._ask("POST", f"{self.addresses.functions}/dev/run/poll")
        until = time.monotonic() + ANSWERS_TIMEOUT
        while self._answers() < before + invited:
            if time.monotonic() > until:
                raise StackError(f"the meetings of the week have not been answered within {ANSWERS_TIMEOUT:g} s")
            time.sleep(GLANCE)
        print(f"  {'A week of meetings':<26}{invited} meetings of {self.seed.name}", flush=True)

    def _invite_all(self) -> int:
        """Send all invitations. Returns how many were sent."""
        first = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)
        rooms = {who: self._instructions(who) for who in (CAROL, DAVE)}
        days = {"startDate": f"{first:%Y-%m-%d}", "type": "numbered", "numberOfOccurrences": 5}
        daily = {"pattern": {"type": "daily", "interval": 1}, "range": days}
        self._invite(CAROL, SERIES, first, 15, rooms[CAROL], recurrence=daily)
        self._invite(DAVE, "Design review", first + timedelta(hours=4), 60, rooms[DAVE])
        self._invite(DAVE, "Design review, copied", first + timedelta(days=1, hours=4), 60, rooms[DAVE])
        plain = (
            (CAROL, "Interview", timedelta(hours=1), 45),
            (DAVE, "Quarterly numbers", timedelta(days=2, hours=5), 90),
            (CAROL, "Customer workshop", timedelta(days=3, hours=1), 240),
            (DAVE, "Retrospective", timedelta(days=4, hours=6), 60),
            (CAROL, "Planning", timedelta(days=6), 120),
        )
        for who, subject, later, minutes in plain:
            self._invite(who, subject, first + later, minutes, self._instructions(who))
        return len(plain) + 3

    def _invite(self, who: str, subject: str, start: datetime, minutes: int, text: str, **more: Any) -> None:
        end = start + timedelta(minutes=minutes)
        meeting = {
            "organizer": who,
            "subject": subject,
            "start": f"{start:%Y-%m-%dT%H:%M:%S}",
            "end": f"{end:%Y-%m-%dT%H:%M:%S}",
            "time_zone": "UTC",
            "body_html": f"<p>Hello,</p>{text}",
            "attendees": [DAVE if who == CAROL else CAROL, self.seed.mailbox],
            **more,
        }
        self._ask("POST", f"{self.addresses.exchange}/dev/meetings", json=meeting)

    def _instructions(self, who: str) -> str:
        pane = f"{self.addresses.functions}/addin/{self.seed.uuid}/pane"
        proof = self._ask("POST", f"{self.addresses.exchange}/dev/identity-token", json={"user": who, "audience": pane})
        url = f"{self.addresses.functions}/api/client/v2/msexchange_schedulers/{self.seed.uuid}/meeting_details"
        return str(self._ask("GET", url, headers={"token": proof["token"]})["result"]["instructions"])

    def _answers(self) -> int:
        """The number of answers from the equipment mailbox in the two organizers' mailboxes."""
        found = [
            self._ask("GET", f"{self.addresses.exchange}/dev/mailboxes/{who}/messages")["messages"]
            for who in (CAROL, DAVE)
        ]
        return sum(
            each["kind"] in _ANSWERS and each["from"] == self.seed.mailbox for part in found for each in part
        )  # fmt: skip

    def _is_there(self) -> bool:
        url = f"{self.addresses.functions}/api/admin/status/v1/meeting/"
        found = self._ask("GET", url, params={"text": SERIES, "limit": 100}, auth=MANAGEMENT)["objects"]
        connectors = f"{self.addresses.functions}/api/admin/configuration/v1/ms_exchange_connector/"
        own = self._ask("GET", connectors, params={"uuid": self.seed.uuid}, auth=MANAGEMENT)["objects"]
        return any(each["exchange_connector"] == own[0]["resource_uri"] for each in found)

    def _ask(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        return asked(self.client, method, url, **more)
