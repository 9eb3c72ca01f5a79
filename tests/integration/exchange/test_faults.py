"""Faulty requests: refusals, unconfirmed effects, broken connections, lag and throttling."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.exchange_world import ALICE, VMR, ExchangeWorld


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ErrorCalendarMeetingRequestIsOutOfDate"), (401, "InvalidAuthenticationToken"),
        (403, "ErrorAccessDenied"), (404, "ErrorItemNotFound"), (408, "RequestTimeout"),
        (409, "ErrorIrresolvableConflict"), (412, "ErrorIrresolvableConflict"), (429, "ApplicationThrottled"),
        (500, "InternalServerError"), (503, "serviceNotAvailable"), (504, "UnknownError"),
    ],
)  # fmt: skip
async def test_a_request_is_refused_the_given_number_of_times(world: ExchangeWorld, status: int, code: str) -> None:
    await world.fault(on="GET /messages", status=status, retry_after=2.128, times=2)
    assert (await world.graph("GET", f"/users/{VMR}/events")).status_code == 200, "the fault is for another path"
    for _ in range(2):
        answer = await world.graph("GET", f"/users/{VMR}/messages")
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert answer.headers["Retry-After"] == "2.128"
    assert (await world.graph("GET", f"/users/{VMR}/messages")).status_code == 200


async def test_a_refused_request_can_take_effect(world: ExchangeWorld) -> None:
    await world.meet()
    event = (await world.event())["id"]
    await world.fault(on="POST /accept", status=504, after_effect=True)
    answer = await world.graph("POST", f"/users/{VMR}/events/{event}/accept", json={})
    assert answer.status_code == 504
    assert [m["kind"] for m in await world.received(ALICE)] == ["accepted"]
    assert (await world.event())["responseStatus"]["response"] == "accepted"


async def test_a_refusal_can_have_a_different_code(world: ExchangeWorld) -> None:
    await world.fault(on="GET /messages", status=400, code="ErrorInvalidRequest")
    assert (await world.graph("GET", f"/users/{VMR}/messages")).json()["error"]["code"] == "ErrorInvalidRequest"


@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_connection_can_break_before_or_after_the_effect(world: ExchangeWorld, after_effect: bool) -> None:
    await world.meet()
    event = (await world.event())["id"]
    await world.fault(on="POST /accept", action="crash", after_effect=after_effect)
    with pytest.raises(httpx.RemoteProtocolError):
        await world.graph("POST", f"/users/{VMR}/events/{event}/accept", json={})
    assert len(await world.received(ALICE)) == after_effect


async def test_an_event_can_arrive_later_than_its_message(world: ExchangeWorld) -> None:
    await world.meet()
    message = (await world.folder())[0]["id"]
    await world.fault(on="event", action="lag", times=2)
    path = f"/users/{VMR}/messages/{message}"
    assert (await world.get(path, expand="microsoft.graph.eventMessage/event"))["event"] == {}
    assert (await world.graph("GET", f"{path}/microsoft.graph.eventMessage/event")).status_code == 404
    assert (await world.get(path, expand="microsoft.graph.eventMessage/event"))["event"] != {}


async def test_more_than_four_concurrent_requests_are_throttled(world: ExchangeWorld) -> None:
    await world.fault(on="*", action="latency", ms=300)
    answers = await asyncio.gather(*(world.graph("GET", f"/users/{VMR}/messages") for _ in range(6)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 2
    assert refused[0].headers["Retry-After"] == "2.128"
    assert "MailboxConcurrency" in refused[0].json()["error"]["message"]
    counted = (await world.http.get("/dev/requests")).json()
    assert (counted["throttled"], counted["most_at_once"], counted["total"]) == (2, 4, 6)
    await world.http.delete("/dev/faults")
    four_and_another_mailbox = [VMR] * 4 + [ALICE] * 4
    answers = await asyncio.gather(*(world.graph("GET", f"/users/{u}/messages") for u in four_and_another_mailbox))
    assert {answer.status_code for answer in answers} == {200}


async def test_faults_can_be_cleared(world: ExchangeWorld) -> None:
    await world.fault(on="*", status=503, times=100)
    assert (await world.graph("GET", f"/users/{VMR}/messages")).status_code == 503
    await world.http.delete("/dev/faults")
    assert (await world.graph("GET", f"/users/{VMR}/messages")).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"on": "notification"},
        {"on": "notification", "action": "crash"},
        {"on": "notification", "status": 503},
        {"on": "event", "action": "lose"},
        {"on": "GET /messages", "status": 418},
        {"on": "GET /messages", "status": 503, "times": 0},
        {"on": "GET /messages", "status": 503, "times": True},
        {"on": "*", "action": "latency", "ms": "much"},
    ],
)
async def test_impossible_faults_are_refused(world: ExchangeWorld, fault: dict[str, Any]) -> None:
    answer = await world.http.post("/dev/faults", json={"faults": [fault]})
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert (await world.graph("GET", f"/users/{VMR}/messages")).status_code == 200
