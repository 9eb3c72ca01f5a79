"""The proof fails if any step has the wrong result, and shows that result. tests/stack tests that it can succeed."""

from typing import Any

import httpx
import pytest

from dev import proof
from dev.environment import ON_PREMISES, ONLINE, Addresses, Seed
from dev.processes import StackError
from dev.proof import Proof

AT = Addresses(port=7071, exchange_port=7072)
ROOM = {"alias": "meet1@example.com", "numeric_alias": "meet1", "alias_id": "PXPS:-1#", "instructions": "<p>Join</p>"}
ACCEPTED = {"uid": "u", "kind": "accepted", "subject": "Accepted: A meeting", "body_text": ""}
GOOD: dict[str, Any] = {
    "/dev/identity-token": {"token": "t"},
    "meeting_details": {"result": ROOM},
    "/dev/meetings": {"uid": "u"},
    "messages": {"messages": [ACCEPTED]},
    "local_alias=meet1": {"action": "continue", "result": {"name": "A meeting"}},
    "local_alias=meet0": httpx.codes.NOT_FOUND,
    "local_alias=room0": httpx.codes.NOT_FOUND,
    "/dev/run/poll": {"ran": "poll"},
}


def book(seed: Seed = ONLINE, **changes: Any) -> None:
    """Run the proof with correct answers except for the given changes."""
    answers = GOOD | changes

    def answer(request: httpx.Request) -> httpx.Response:
        found = next(value for part, value in answers.items() if part in str(request.url))
        return httpx.Response(found, text="no") if isinstance(found, int) else httpx.Response(200, json=found)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        Proof(AT, client, seed).book()


def test_the_proof_shows_the_answers_it_received(capsys: pytest.CaptureFixture[str]) -> None:
    book()
    shown = capsys.readouterr().out
    assert "PXPS:-1#" in shown
    assert "Accepted: A meeting" in shown
    assert "people may join: A meeting" in shown


def test_an_on_premises_mailbox_is_polled(capsys: pytest.CaptureFixture[str]) -> None:
    book(ON_PREMISES)
    assert "vmr-ews@example.com" in capsys.readouterr().out
    with pytest.raises(StackError, match=r"/dev/run/poll returned 500"):
        book(ON_PREMISES, **{"/dev/run/poll": 500})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"meeting_details": 500}, "meeting_details returned 500: no"),
        ({"messages": {"messages": []}}, "no answer to the invitation"),
        ({"messages": {"messages": [ACCEPTED | {"uid": "another"}]}}, "no answer to the invitation"),
        ({"messages": {"messages": [ACCEPTED | {"kind": "declined"}]}}, "not accepted, but declined"),
        ({"local_alias=meet1": {"action": "reject", "result": {}}}, "the room is closed"),
        (
            {"local_alias=meet0": {"action": "continue", "result": {}}},
            "the response for an unknown alias was 200, not 404",
        ),
    ],
)
def test_a_failed_step_is_reported_with_its_result(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr(proof, "PROOF_TIMEOUT", 0.01)
    with pytest.raises(StackError, match=said):
        book(**changes)
