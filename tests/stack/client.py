"""Uses the local stack as its users do: through its command, its ports, and the public contracts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import pytest

from dev.environment import ONLINE, POLICY, Addresses, Seed
from dev.processes import free_port
from tests.support import ROOT

START = 120.0  # seconds that startup may take on a busy machine
ANSWER_TIMEOUT = 60.0  # seconds that a response may take on a busy machine
ALICE = "alice@example.com"

T = TypeVar("T")


def wait_for(check: Callable[[], T | None], what: str, seconds: float = ANSWER_TIMEOUT) -> T:
    """Wait until a check returns something; otherwise the test fails."""
    until = time.monotonic() + seconds
    while (found := check()) is None:
        if time.monotonic() > until:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)
    return found


class LocalStack:
    """A `python -m dev` on free ports, with methods for what people and machines do with it. The methods use the
    integration `seed`."""

    def __init__(self, folder: Path, at: Addresses | None = None, seed: Seed = ONLINE, **env: str) -> None:
        self.at = at or Addresses(free_port(), free_port())
        self.seed = seed
        self.log = folder / "stack.log"
        self._client = httpx.Client(trust_env=False, timeout=30)
        settings = {**os.environ, "PORT": str(self.at.port), "EXCHANGE_PORT": str(self.at.exchange_port), **env}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dev"],
                cwd=ROOT,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """Everything that the stack has printed."""
        return self.log.read_text()

    def wait_until_up(self) -> None:
        """Wait for the line that the stack prints once it has started."""

        def up() -> bool | None:
            if self.process.poll() is not None:
                pytest.fail(f"the stack ended with exit code {self.process.returncode}:\n{self.said}")
            return "The local stack is running" in self.said or None

        wait_for(up, "the stack is up", START)

    def stop(self, with_: signal.Signals = signal.SIGTERM) -> int:
        """Stop the stack. Returns its exit code."""
        self._client.close()
        if self.process.poll() is None:
            self.process.send_signal(with_)
        return self.process.wait(START)

    def call(self, method: str, url: str, **more: Any) -> Any:
        """Send a request that must succeed. Returns the response's JSON."""
        answer = self._client.request(method, url, **more)
        assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def token(self, user: str = ALICE, **more: object) -> str:
        """Get an Exchange identity token, by default for the integration's pane."""
        wanted = {"user": user, "audience": f"{self.at.functions}/addin/{self.seed.uuid}/pane", **more}
        return str(self.call("POST", f"{self.at.exchange}/dev/identity-token", json=wanted)["token"])

    def meeting_details(self, headers: dict[str, str]) -> httpx.Response:
        """The response to a click on the single-use button."""
        path = f"/api/client/v2/msexchange_schedulers/{self.seed.uuid}/meeting_details"
        return self._client.get(self.at.functions + path, headers=headers)

    def allocate(self) -> dict[str, str]:
        """A new alias with its tag and instructions."""
        answer = self.meeting_details({"token": self.token()})
        assert answer.is_success, answer.text
        result: dict[str, str] = answer.json()["result"]
        return result

    def now(self) -> datetime:
        """The stack's current time."""
        return datetime.fromisoformat(self.call("GET", f"{self.at.exchange}/dev/clock")["now"])

    def move_clock(self, moment: datetime) -> None:
        """Move the whole stack's clock forward."""
        self.call("POST", f"{self.at.exchange}/dev/clock", json={"now": moment.isoformat()})

    def invite(self, start: datetime, body: str, subject: str = "A meeting", minutes: int = 60, **more: object) -> str:
        """Have Alice send an invitation. Returns the meeting's uid."""
        meeting = {
            "organizer": ALICE,
            "subject": subject,
            "start": f"{start:%Y-%m-%dT%H:%M:%S}",
            "end": f"{start + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}",
            "time_zone": "UTC",
            "body_html": body,
            "attendees": [self.seed.mailbox, "bob@example.com"],
            **more,
        }
        return str(self.call("POST", f"{self.at.exchange}/dev/meetings", json=meeting)["uid"])

    def change(self, uid: str, **fields: object) -> None:
        """Have Alice edit a meeting."""
        self.call("PATCH", f"{self.at.exchange}/dev/meetings/{quote(uid, safe='')}", json=fields)

    def cancel(self, uid: str) -> None:
        """Have Alice cancel a meeting."""
        self.call("DELETE", f"{self.at.exchange}/dev/meetings/{quote(uid, safe='')}")

    def answers(self, uid: str) -> list[dict[str, Any]]:
        """The equipment mailbox's answers to a meeting, newest last."""
        messages = self.call("GET", f"{self.at.exchange}/dev/mailboxes/{ALICE}/messages")["messages"]
        kinds = {"accepted", "declined", "tentative"}
        return [m for m in messages if m["uid"] == uid and m["kind"] in kinds and m["from"] == self.seed.mailbox]

    def wait_for_answer(self, uid: str, number: int = 1) -> dict[str, Any]:
        """The nth answer to a meeting."""
        answers = wait_for(lambda: a if len(a := self.answers(uid)) >= number else None, f"answer {number} to {uid}")
        return answers[number - 1]

    def policy(self, alias: str) -> str:
        """The state of an alias according to external policy: open, closed or unknown."""
        url = f"{self.at.functions}/policy/v1/service/configuration"
        answer = self._client.get(url, params={"local_alias": alias, "protocol": "sip"}, auth=POLICY)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return "unknown"
        assert answer.status_code == httpx.codes.OK, answer.text
        return {"continue": "open", "reject": "closed"}[answer.json()["action"]]

    def wait_for_policy(self, alias: str, state: str) -> None:
        """Wait until external policy reports that `alias` is in `state`."""
        wait_for(lambda: self.policy(alias) == state or None, f"{alias} is {state}")

    def inject(self, *faults: dict[str, object]) -> None:
        """Switch on faults in the simulated Exchange."""
        self.call("POST", f"{self.at.exchange}/dev/faults", json={"faults": faults})

    def mend(self) -> None:
        """Switch all faults off."""
        self.call("DELETE", f"{self.at.exchange}/dev/faults")

    def run(self, timer: str) -> None:
        """Run a timer now."""
        self.call("POST", f"{self.at.functions}/dev/run/{timer}")
