"""EWS faults as seen by a client, including faults in requests that took effect."""

import asyncio
from typing import Any

import httpx
import pytest
from exchangelib.errors import (
    ErrorInternalServerError,
    ErrorMailboxStoreUnavailable,
    ErrorServerBusy,
    ErrorTimeoutExpired,
    MalformedResponseError,
    TransportError,
    UnauthorizedError,
)

from tests.integration.exchange.ews import soap
from tests.integration.exchange.ews.client import VMR_EWS, Client
from tests.support.exchange_world import ALICE, ExchangeWorld


async def struck(client: Client) -> Any:
    """Make a call that is affected by a fault on GetFolder."""
    return await client.do(lambda: client.mailbox().inbox)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 401}, UnauthorizedError),
        ({"status": 404}, TransportError),
        ({"status": 500}, TransportError),
        ({"status": 503}, ErrorServerBusy),
        ({"action": "crash"}, ErrorTimeoutExpired),
        ({"action": "server_busy", "back_off_ms": 42_000}, ErrorServerBusy),
        ({"action": "soap_fault", "code": "ErrorInternalServerError"}, ErrorInternalServerError),
        ({"action": "soap_fault", "code": "ErrorInternalServerError", "status": 200}, ErrorInternalServerError),
        ({"action": "error", "code": "ErrorMailboxStoreUnavailable"}, ErrorMailboxStoreUnavailable),
        ({"action": "html"}, TransportError),
    ],
)
async def test_exchangelib_raises_the_expected_error_for_each_fault(
    world: ExchangeWorld, client: Client, fault: dict[str, Any], error: type[Exception]
) -> None:
    await world.fault(on="EWS GetFolder", **fault)
    with pytest.raises(error) as raised:
        await struck(client)
    if "back_off_ms" in fault:
        assert raised.value.back_off == 42.0  # type: ignore[attr-defined]
    assert (await struck(client)).name == "Inbox", "it struck once"


async def test_a_fault_affects_one_operation_the_given_number_of_times(world: ExchangeWorld) -> None:
    await world.fault(on="EWS FindItem", status=503, times=2)
    assert (await soap.post(world, soap.envelope(soap.GET_INBOX))).status_code == 200
    await world.fault(on="EWS", status=503, retry_after="7", times=2)
    answers = [await soap.post(world, soap.envelope(soap.GET_INBOX)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"
    await world.http.delete("/dev/faults")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 503, "after_effect": True}, ErrorServerBusy),
        ({"action": "crash", "after_effect": True}, ErrorTimeoutExpired),
        ({"action": "truncate"}, MalformedResponseError),
    ],
)
async def test_a_request_may_take_effect_despite_its_fault(
    world: ExchangeWorld, client: Client, fault: dict[str, Any], error: type[Exception]
) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    await world.fault(on="EWS CreateItem", **fault)
    with pytest.raises(error):
        await client.do(lambda: request.accept(body="yes"))
    assert [answer["kind"] for answer in await world.received(ALICE)] == ["accepted"]


async def test_without_after_effect_a_faulty_request_does_nothing(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS])
    request = await client.newest()
    await world.fault(on="EWS CreateItem", status=503)
    with pytest.raises(ErrorServerBusy):
        await client.do(request.accept)
    assert await world.received(ALICE) == []


# --- unexpected responses


async def odd(world: ExchangeWorld, **fault: Any) -> httpx.Response:
    await world.fault(on="EWS GetFolder", **fault)
    answer = await soap.post(world, soap.envelope(soap.GET_INBOX))
    assert answer.status_code == 200
    return answer


async def test_a_response_can_be_truncated(world: ExchangeWorld) -> None:
    whole = await soap.post(world, soap.envelope(soap.GET_INBOX))
    assert (await odd(world, action="truncate")).content == whole.content[: len(whole.content) // 2]


async def test_a_response_can_use_a_charset_other_than_the_declared_one(world: ExchangeWorld) -> None:
    answer = await odd(world, action="charset")
    assert b"utf-8" in answer.content
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode()


async def test_a_response_can_be_a_web_page(world: ExchangeWorld) -> None:
    assert (await odd(world, action="html")).headers["Content-Type"].startswith("text/html")


async def test_a_response_can_contain_entities_that_expand_or_read_files(world: ExchangeWorld) -> None:
    answer = await odd(world, action="bomb")
    assert len(answer.content) < 2000
    assert b"<!DOCTYPE" in answer.content
    assert b"SYSTEM" in answer.content


async def test_a_response_can_be_many_megabytes_long(world: ExchangeWorld) -> None:
    answer = await odd(world, action="oversize", megabytes=3)
    assert len(answer.content) > 3 * 1024**2


async def test_a_server_can_hang(world: ExchangeWorld) -> None:
    await world.fault(on="EWS GetFolder", action="hang")
    with pytest.raises(httpx.ReadTimeout):
        await soap.post(world, soap.envelope(soap.GET_INBOX), timeout=0.2)
    answer = await soap.post(world, soap.envelope(soap.GET_INBOX))
    assert answer.status_code == 200, "nobody else waits"


async def test_a_hanging_request_ends_eventually(world: ExchangeWorld) -> None:
    await world.fault(on="EWS GetFolder", action="hang", seconds=0)
    with pytest.raises(httpx.RemoteProtocolError):
        await soap.post(world, soap.envelope(soap.GET_INBOX))


# --- throttling


async def test_too_many_concurrent_requests_are_refused(world: ExchangeWorld) -> None:
    await world.fault(on="EWS GetFolder", action="latency", seconds=60)
    asked = [asyncio.create_task(soap.post(world, soap.envelope(soap.GET_INBOX), timeout=60)) for _ in range(28)]
    [done], waiting = await asyncio.wait(asked, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    refused = done.result()
    assert (refused.status_code, soap.texts(refused, "ResponseCode")) == (500, ["ErrorExceededConnectionCount"])
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize(
    "fault",
    [
        {"on": "EWS GetItem", "action": "explode"},
        {"on": "EWS GetItem", "status": 418},
        {"on": "GET /messages", "action": "server_busy"},
        {"on": "GET /messages", "status": 418},
    ],
)
async def test_impossible_faults_are_refused(world: ExchangeWorld, fault: dict[str, Any]) -> None:
    answer = await world.http.post("/dev/faults", json={"faults": [fault]})
    assert answer.status_code == 400
