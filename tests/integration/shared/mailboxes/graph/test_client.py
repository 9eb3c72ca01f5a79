"""The Graph client over real HTTP: the requests that it retries, and who gets tokens (docs/facts/exchange.md §5)."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from shared.errors import RateLimited, SchedulingError, Unavailable
from shared.mailboxes.graph.client import MAILBOX_CONCURRENCY, GraphClient, RetryReads
from shared.mailboxes.graph.error_mapping import GraphError
from tests.support.graph_server import FixedTokens, Script, running_script

Call = Callable[[GraphClient], Awaitable[object]]

WRITES: dict[str, Call] = {
    "POST": lambda client: client.post("/events/1/accept", {"comment": "Yes"}),
    "MIME": lambda client: client.post_mime("/messages", b"Subject: x\r\n\r\n"),
    "PATCH": lambda client: client.patch("/subscriptions/1", {}),
    "DELETE": lambda client: client.delete("/subscriptions/1"),
}
CALLS: dict[str, Call] = {
    "GET": lambda client: client.get("/messages/1"),
    "GET with parameters": lambda client: client.get("/messages/1", {"$select": "id"}),
    "GET with a preference": lambda client: client.get("/messages/1", prefer="odata.maxpagesize=100"),
    **WRITES,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_every_request_asks_for_immutable_ids_and_carries_the_token(
    client: GraphClient, script: Script, call: Call
) -> None:
    script.answer(200, {})
    await call(client)
    [asked] = script.asked
    assert 'IdType="ImmutableId"' in asked.headers["Prefer"]
    assert asked.headers["Authorization"] == "Bearer access-token"
    assert asked.path.startswith("/v1.0/")


async def test_preferences_are_combined(client: GraphClient, script: Script) -> None:
    script.answer(200, {})
    await client.get("/messages", prefer="odata.maxpagesize=100")
    assert script.asked[0].headers["Prefer"] == 'IdType="ImmutableId", odata.maxpagesize=100'


@pytest.mark.parametrize("status", [429, 503, 504])
@pytest.mark.parametrize("retry_after", ["0.01", "0.010"])
async def test_a_read_is_retried_after_a_short_wait(
    client: GraphClient, script: Script, status: int, retry_after: str
) -> None:
    script.refuse(status, "TooManyRequests", Retry_After=retry_after)
    script.answer(200, {"id": "1"})
    assert await client.get("/messages/1") == {"id": "1"}
    assert len(script.asked) == 2
    assert all('IdType="ImmutableId"' in asked.headers["Prefer"] for asked in script.asked)


async def test_a_read_is_retried_at_most_twice(client: GraphClient, script: Script) -> None:
    script.refuse(503, "ServiceUnavailable", Retry_After="0.01")
    with pytest.raises(RateLimited):
        await client.get("/messages/1")
    assert len(script.asked) == 3


async def test_a_long_wait_is_left_to_the_queue(client: GraphClient, script: Script) -> None:
    """Sleeping in a function costs money and may exceed its time limit."""
    script.refuse(429, "ApplicationThrottled", Retry_After="10")
    with pytest.raises(RateLimited) as limited:
        await client.get("/messages/1")
    assert limited.value.retry_after == 10
    assert len(script.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
async def test_a_write_is_never_retried(client: GraphClient, script: Script, call: Call, status: int) -> None:
    """A 504 may follow a write that took effect, so a retry could send a second answer (docs/facts/exchange.md §5)."""
    script.refuse(status, "Timeout", Retry_After="0.01")
    with pytest.raises((Unavailable, RateLimited)):
        await call(client)
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("retry_after", "first", "second"),
    [
        (None, 0.2, 0.4),
        ("0", 0.2, 0.4),
        ("1", 1, 1),
        ("2.128", 2.128, 2.128),
        ("5", 5, 5),
        ("nonsense", 0.2, 0.4),
        ("nan", 0.2, 0.4),
        ("-1", 0.2, 0.4),
        ("Mon, 23 Nov 2026 09:00:03 GMT", 3, 3),
        ("5.001", 180, 180),
        ("3600", 180, 180),
        ("inf", 0.2, 0.4),
        ("Mon, 23 Nov 2026 10:00:00 GMT", 180, 180),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0.2, 0.4),
    ],
)
def test_a_read_waits_as_long_as_requested(retry_after: str | None, first: float, second: float) -> None:
    """The SDK gives up on a wait of 180 seconds. Dates are compared with the server's own clock."""
    headers = {"Date": "Mon, 23 Nov 2026 09:00:00 GMT"} | ({"Retry-After": retry_after} if retry_after else {})
    response = httpx.Response(503, headers=headers)
    assert [RetryReads().get_delay_time(n, response) for n in (0, 1)] == pytest.approx([first, second])


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        (None, 10),
        ("7", 7),
        ("2.128", 2.128),
        ("0", 10),
        ("-1", 10),
        ("", 10),
        ("soon", 10),
        ("infinity", 10),
        ("nan", 10),
        ("1e300", 86_400),
        ("Mon, 23 Nov 2026 09:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 10),
    ],
)
async def test_a_write_reports_how_long_graph_asks_to_wait(
    client: GraphClient, script: Script, retry_after: str | None, wait: float
) -> None:
    """The wait never exceeds what a queue supports. A 503 without a valid time counts as an outage."""
    headers = {"Date": "Mon, 23 Nov 2026 09:00:00 GMT"} | ({} if retry_after is None else {"Retry_After": retry_after})
    script.refuse(429, "ApplicationThrottled", **headers)
    with pytest.raises(RateLimited) as limited:
        await client.post("/events/1/accept", {})
    assert limited.value.retry_after == pytest.approx(wait)
    script.answers.clear()
    script.refuse(503, "serviceNotAvailable", **headers)
    with pytest.raises(Unavailable if wait == 10 else RateLimited) as unavailable:
        await client.post("/events/1/accept", {})
    assert getattr(unavailable.value, "retry_after", 10) == pytest.approx(wait)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, GraphError),
        (302, GraphError),
        (400, GraphError),
        (401, Unavailable),
        (403, Unavailable),
        (404, GraphError),
        (408, Unavailable),
        (409, GraphError),
        (410, GraphError),
        (412, GraphError),
        (429, RateLimited),
        (500, Unavailable),
        (501, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
        (507, Unavailable),
    ],
)
async def test_errors_are_distinguished_by_status(
    client: GraphClient, script: Script, status: int, kind: type[SchedulingError]
) -> None:
    """Graph's own message is not passed on, because it may name people (rule 6)."""
    script.refuse(status, "ErrorSomething", Location=f"{script.url}/elsewhere")
    with pytest.raises(kind) as refused:
        await client.post("/events/1/accept", {})
    assert "ErrorSomething" in str(refused.value)
    assert "alice" not in str(refused.value)
    if isinstance(refused.value, GraphError):
        assert (refused.value.status, refused.value.error_code) == (status, "ErrorSomething")
    assert len(script.asked) == 1, "redirects are not followed"


@pytest.mark.parametrize("payload", ["", "<html>", "null", "[]", '{"error": "x"}', '{"error": {"message": "x"}}'])
async def test_an_error_in_an_unexpected_form_is_recognized(client: GraphClient, script: Script, payload: str) -> None:
    script.answer(404, payload)
    with pytest.raises(GraphError) as refused:
        await client.get("/messages/1")
    assert (refused.value.status, refused.value.error_code) == (404, "without an error code")


@pytest.mark.parametrize("payload", ["", "<html>", "{", "null", "[]", "1"])
async def test_an_unreadable_response_is_requested_again_later(
    client: GraphClient, script: Script, payload: str
) -> None:
    script.answer(200, payload)
    with pytest.raises(Unavailable, match="could not be read"):
        await client.get("/messages/1")


async def test_the_response_to_a_write_may_have_an_empty_body(client: GraphClient, script: Script) -> None:
    script.answer(202)
    assert await client.post("/events/1/accept", {"sendResponse": False}) is None
    assert script.asked[0].body == {"sendResponse": False}


async def test_links_from_graph_are_followed_unchanged(client: GraphClient, script: Script) -> None:
    script.answer(200, {"value": []})
    await client.get(f"{script.url}/v1.0/users/a/messages/delta?$deltatoken=a%2Fb%20c&x='1'")
    assert script.asked[0].path == "/v1.0/users/a/messages/delta?$deltatoken=a%2Fb%20c&x='1'"


LINKS = [
    "/v1.0/users('5b1f')/mailFolders('inbox')/messages/delta?$deltatoken=a",
    "/v1.0/users/5b1f/messages?$skip=10",
    "/v1.0/me/messages?$skip=10",
]
"""Links in which Graph identifies a mailbox by something other than an address."""


@pytest.mark.parametrize("link", LINKS)
async def test_links_from_graph_count_towards_the_mailboxs_limit(
    client: GraphClient, script: Script, link: str
) -> None:
    script.answer(200, {"value": []})
    script.hold()
    links = (client.get(script.url + link, of="/users/vmr@example.com") for _ in range(5))
    calls = [asyncio.ensure_future(call) for call in (*links, client.get("/users/VMR@example.com/events"))]
    await script.arrived(MAILBOX_CONCURRENCY)
    assert len(script.asked) == MAILBOX_CONCURRENCY
    script.release()
    await asyncio.gather(*calls)
    assert script.most_at_once == MAILBOX_CONCURRENCY


FOREIGN = [
    "https://evil.example/v1.0/messages",
    "http://evil.example:{port}/v1.0/messages",
    "https://127.0.0.1:{port}/v1.0/messages",
    "http://127.0.0.1:{other}/v1.0/messages",
    "http://127.0.0.1/v1.0/messages",
    "http://user@127.0.0.1:{port}/v1.0/messages",
    "http://127.0.0.1:{port}@evil.example/",
    "http://127.0.0.1:{port}\\@evil.example/",
    "HTTP://EVIL.EXAMPLE/",
    "@evil.example/",
    ".evil.example/",
    "ftp://127.0.0.1:{port}/",
    "",
]


@pytest.mark.parametrize("link", FOREIGN)
async def test_no_token_is_sent_to_another_host(client: GraphClient, script: Script, link: str) -> None:
    """Links in responses and states in tables are not trusted (rule 5)."""
    script.answer(200, {})
    async with running_script() as other:
        other.answer(200, {})
        port, other_port = script.url.rsplit(":", 1)[1], other.url.rsplit(":", 1)[1]
        with pytest.raises(GraphError, match="ForeignLink"):
            await client.get(link.replace("{port}", port).replace("{other}", other_port))
        assert other.asked == []
    assert script.asked == []


async def test_an_unreachable_graph_is_unavailable(unused_tcp_port: int) -> None:
    client = GraphClient(f"http://127.0.0.1:{unused_tcp_port}/v1.0", FixedTokens())
    try:
        for call in CALLS.values():
            with pytest.raises(Unavailable, match="ConnectError"):
                await call(client)
    finally:
        await client.close()
