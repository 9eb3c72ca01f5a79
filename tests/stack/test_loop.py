"""Meetings from the click to the open room, and what can go wrong on the way. The clock only moves forward."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.stack.client import LocalStack
from tests.support import ROOT, shared_data

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    stack = LocalStack(tmp_path_factory.mktemp("stack"))
    try:
        stack.wait_until_up()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(autouse=True)
def _no_faults(stack: LocalStack) -> Iterator[None]:
    yield
    stack.mend()


def test_the_start_prints_a_booked_meeting_and_the_addresses(stack: LocalStack) -> None:
    for text in ("accepted: ", "people may join: ", stack.at.functions, stack.at.exchange, "admin / local-admin"):
        assert text in stack.said


def test_a_meeting_opens_and_closes_its_room_for_every_spelling_of_the_alias(stack: LocalStack) -> None:
    room = stack.allocate()
    assert room["alias_id"] in room["instructions"]
    start = (stack.now() + 3 * HOUR).replace(minute=0, second=0, microsecond=0)
    answer = stack.wait_for_answer(stack.invite(start, f"<p>Hello</p>{room['instructions']}"))
    assert answer["kind"] == "accepted"
    assert room["numeric_alias"] in (answer["body_text"] or "") + (answer["body_html"] or "")
    alias, number = room["alias"], room["numeric_alias"]
    spellings = [alias, number, f"sip:{alias}", f"SIP:{alias.upper()}", f"h323:{number}", f"sips:{alias}"]
    for moment, state in [
        (start - 31 * MINUTE, "closed"),
        (start - 29 * MINUTE, "open"),
        (start + 119 * MINUTE, "open"),
        (start + 121 * MINUTE, "closed"),
    ]:
        stack.move_clock(moment)
        assert {spelling: stack.policy(spelling) for spelling in spellings} == dict.fromkeys(spellings, state)
    assert stack.policy("meet00000000000") == "unknown"


def test_meetings_that_cannot_be_scheduled_are_declined_with_a_reason(stack: LocalStack) -> None:
    room, late = stack.allocate(), stack.allocate()
    start = stack.now() + 3 * HOUR
    assert stack.wait_for_answer(stack.invite(start, room["instructions"]))["kind"] == "accepted"
    declined = {
        "untagged": stack.invite(start, "<p>no tag</p>", "untagged"),
        "copied": stack.invite(start, room["instructions"], "copied"),
        "past": stack.invite(stack.now() - 48 * HOUR, late["instructions"], "past"),
    }
    answers = {name: stack.wait_for_answer(uid) for name, uid in declined.items()}
    assert {name: answer["kind"] for name, answer in answers.items()} == dict.fromkeys(declined, "declined")
    reasons = {answer["body_text"] or answer["body_html"] for answer in answers.values()}
    assert len(reasons) == 3, "every rejection has a different text"


def forgeries(stack: LocalStack) -> dict[str, dict[str, str]]:
    """Request headers that do not authenticate anyone."""
    good = stack.token()
    header, payload, signature = good.split(".")

    def encoded(document: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")

    middle = len(signature) // 2
    altered = signature[:middle] + ("A" if signature[middle] != "A" else "B") + signature[middle + 1 :]
    tokens = {
        "garbage": "x.y.z",
        "another signature": f"{header}.{payload}.{altered}",
        "unsigned": f"{encoded({'typ': 'JWT', 'alg': 'none'})}.{payload}.",
        "signed by somebody else": stack.token(signed_by="other"),
        "for somebody else": stack.token(audience="https://elsewhere.example.com/pane"),
        "outdated": stack.token(expires_in=-3600),
        "keys elsewhere": stack.token(amurl="https://elsewhere.example.com/autodiscover/metadata/json/1"),
    }
    return {"nothing": {}} | {name: {"token": token} for name, token in tokens.items()}


def test_no_alias_is_allocated_without_proof_of_identity(stack: LocalStack) -> None:
    statuses = {name: stack.meeting_details(headers).status_code for name, headers in forgeries(stack).items()}
    assert statuses == dict.fromkeys(statuses, 401)
    assert stack.meeting_details({"Authorization": f"Bearer {stack.token()}"}).is_success


def test_a_lost_notification_is_made_up_for_by_the_sweep(stack: LocalStack) -> None:
    stack.inject({"on": "notification", "action": "lose", "times": 50})
    room = stack.allocate()
    uid = stack.invite(stack.now() + 3 * HOUR, room["instructions"], "lost")
    stack.run("sweep")
    assert stack.wait_for_answer(uid)["kind"] == "accepted"


def test_notifications_that_arrive_twice_lead_to_one_answer(stack: LocalStack) -> None:
    stack.inject({"on": "notification", "action": "duplicate", "times": 50})
    room = stack.allocate()
    uid = stack.invite(stack.now() + 3 * HOUR, room["instructions"], "twice")
    assert stack.wait_for_answer(uid)["kind"] == "accepted"
    stack.run("sweep")
    assert len(stack.answers(uid)) == 1


def test_the_room_follows_a_moved_meeting_and_closes_when_it_is_cancelled(stack: LocalStack) -> None:
    room = stack.allocate()
    soon = stack.now() + 10 * MINUTE
    uid = stack.invite(soon, room["instructions"], "moves")
    stack.wait_for_answer(uid)
    stack.wait_for_policy(room["alias"], "open")
    later = soon + 48 * HOUR
    stack.change(uid, start=f"{later:%Y-%m-%dT%H:%M:%S}", end=f"{later + HOUR:%Y-%m-%dT%H:%M:%S}")
    assert stack.wait_for_answer(uid, 2)["kind"] == "accepted"
    stack.wait_for_policy(room["alias"], "closed")
    stack.move_clock(later)
    stack.wait_for_policy(room["alias"], "open")
    stack.cancel(uid)
    stack.wait_for_policy(room["alias"], "closed")


def test_the_contracts_own_check_passes() -> None:
    check = shared_data("tools/contract/loop")
    command = [sys.executable, str(check)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
