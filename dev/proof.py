"""Books one meeting end to end, using only the public APIs, and prints the results."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx

from dev.environment import NODE_ACCOUNT, POLICY, Addresses, Seed
from dev.processes import StackError

USER = "alice@example.com"
PROOF_TIMEOUT = 60.0  # how long a result may take on a busy machine, in seconds

T = TypeVar("T")


def asked(client: httpx.Client, method: str, url: str, **more: Any) -> dict[str, Any]:
    """Send a request to a part of the stack and return the JSON response. Raises StackError if it fails."""
    answer = client.request(method, url, **more)
    if answer.is_error:
        raise StackError(f"{method} {url} returned {answer.status_code}: {answer.text[:500]}")
    body: dict[str, Any] = answer.json()
    return body


class Proof:
    """The actions of an add-in user, an organizer and a conferencing node. Each action can raise StackError."""

    def __init__(self, addresses: Addresses, client: httpx.Client, seed: Seed) -> None:
        self._at = addresses
        self._client = client
        self._seed = seed

    def book(self) -> None:
        """Book a meeting, from the click in Outlook to the open room."""
        token = self.token()
        _say("Outlook signs in", f"{USER}: identity token of {len(token)} characters")
        room = self.allocate(token)
        _say("The button is clicked", f"{room['alias']} or {room['numeric_alias']}, tag {room['alias_id']}")
        uid = self.invite(room["instructions"])
        _say("The invitation goes out", f"uid {uid[:24]}…")
        if self._seed.by_ews:
            self.call("POST", f"{self._at.functions}/dev/run/poll")
            _say("The mailbox is polled", f"{self._seed.mailbox}: normally once a minute, and now immediately")
        answer = self.wait_for(lambda: self.answer(uid), "no answer to the invitation")
        _say("The organizer is answered", f"{answer['kind']}: {answer['subject']}")
        if answer["kind"] != "accepted":
            raise StackError(f"the test meeting was not accepted, but {answer['kind']}: {answer.get('body_text', '')}")
        if self._seed.on_node:
            _say("The node has a room", self.wait_for(lambda: self._on_node(room["alias"]), "the node has no room"))
        else:
            _say("A node asks now", self.wait_for(lambda: self._open(room["alias"]), "the room is closed"))
        _say("… for an unknown number", self._unknown())

    def token(self) -> str:
        """Get the identity token that Outlook issues for the user."""
        wanted = {"user": USER, "audience": f"{self._at.functions}/addin/{self._seed.uuid}/pane"}
        return str(self.call("POST", f"{self._at.exchange}/dev/identity-token", json=wanted)["token"])

    def allocate(self, token: str) -> dict[str, str]:
        """Request a room for a new meeting. Returns alias, numeric_alias, alias_id and instructions."""
        url = f"{self._at.functions}/api/client/v2/msexchange_schedulers/{self._seed.uuid}/meeting_details"
        result: dict[str, str] = self.call("GET", url, headers={"token": token})["result"]
        return result

    def invite(self, instructions: str, start: datetime | None = None) -> str:
        """Send an invitation to a one-hour meeting. Returns its uid."""
        # The room is already open, because of meeting_buffer_before.
        start = start or datetime.now(UTC) + timedelta(minutes=10)
        meeting = {
            "organizer": USER,
            "subject": f"The local stack's own meeting{_way(self._seed)}",
            "start": f"{start:%Y-%m-%dT%H:%M:%S}",
            "end": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
            "time_zone": "UTC",
            "body_html": f"<p>Hello</p>{instructions}",
            "attendees": [self._seed.mailbox, "bob@example.com"],
        }
        return str(self.call("POST", f"{self._at.exchange}/dev/meetings", json=meeting)["uid"])

    def answer(self, uid: str) -> dict[str, Any] | None:
        """The response to an invitation, or None if there is no response yet."""
        messages = self.call("GET", f"{self._at.exchange}/dev/mailboxes/{USER}/messages")["messages"]
        kinds = ("accepted", "declined", "tentative")
        return next((message for message in messages if message["uid"] == uid and message["kind"] in kinds), None)

    def _open(self, alias: str) -> str | None:
        answer = self.policy(alias)
        if answer.status_code != httpx.codes.OK or answer.json()["action"] != "continue":
            return None
        return f"people may join: {answer.json()['result']['name']}"

    def _on_node(self, alias: str) -> str | None:
        url, login = f"{self._at.node}/api/admin/configuration/v1/conference_alias/", NODE_ACCOUNT
        found = self.call("GET", url, params={"alias": alias}, auth=login)["objects"]
        return f"{found[0]['alias']} leads to {found[0]['conference']}" if found else None

    def _unknown(self) -> str:
        answer = self.policy(f"{self._seed.prefix}0")
        if answer.status_code != httpx.codes.NOT_FOUND:
            raise StackError(
                f"the response for an unknown alias was {answer.status_code}, not 404: {answer.text[:300]}"
            )
        return "unknown, so the node looks in its own database"

    def policy(self, alias: str) -> httpx.Response:
        """The product's external policy response for a dialled alias."""
        url = f"{self._at.functions}/policy/v1/service/configuration"
        query = {"local_alias": alias, "protocol": "sip", "call_direction": "dial_in"}
        return self._client.get(url, params=query, auth=POLICY)

    def call(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """Send a request to a part of the stack. Raises StackError if it fails."""
        return asked(self._client, method, url, **more)

    def wait_for(self, check: Callable[[], T | None], otherwise: str) -> T:
        """Wait until a check returns a value other than None. Raises StackError."""
        until = time.monotonic() + PROOF_TIMEOUT
        while time.monotonic() < until:
            if (found := check()) is not None:
                return found
            time.sleep(0.05)
        raise StackError(f"{otherwise} after {PROOF_TIMEOUT:g} s")


def _way(seed: Seed) -> str:
    return " by EWS" if seed.by_ews else " on a node" if seed.on_node else ""


def _say(step: str, outcome: str) -> None:
    print(f"  {step:<26}{outcome}", flush=True)
