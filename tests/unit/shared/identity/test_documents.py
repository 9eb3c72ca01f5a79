"""Documents must be complete, arrive in time and come from the requested URL. Anything else counts as an outage."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from shared.errors import Unavailable
from shared.identity import documents
from shared.identity.documents import MAX_DOCUMENT, JsonDocuments

URL = "https://login.example.com/keys"


def served(answer: Callable[[httpx.Request], httpx.Response]) -> JsonDocuments:
    return JsonDocuments(httpx.MockTransport(answer))


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b" " * 65_536


async def trickle() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0)


def failing(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


ANSWERS: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "an error": lambda _: httpx.Response(500, json={}),
    "a redirect": lambda _: httpx.Response(302, headers={"Location": "https://evil.example/"}, json={}),
    "no JSON": lambda _: httpx.Response(200, text="<html>"),
    "no text": lambda _: httpx.Response(200, content=b"\xff\xfe\x00"),
    "nesting without end": lambda _: httpx.Response(200, content=b"[" * 200_000),
    "an endless document": lambda _: httpx.Response(200, content=endless()),
    "a document that is too large": lambda _: httpx.Response(200, content=b" " * (MAX_DOCUMENT + 1)),
    "no connection": failing,
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_a_document_that_cannot_be_read_is_an_outage(answer: Callable[[httpx.Request], httpx.Response]) -> None:
    store = served(answer)
    with pytest.raises(Unavailable):
        await store.fetch(URL)
    await store.close()


async def test_a_document_that_trickles_in_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "FETCH_TIMEOUT", 0.02)
    store = served(lambda _: httpx.Response(200, content=trickle()))
    with pytest.raises(Unavailable):
        await store.fetch(URL)
    await store.close()


async def test_a_complete_document_is_returned_unchanged() -> None:
    store = served(lambda request: httpx.Response(200, json={"asked": str(request.url)}))
    assert await store.fetch(URL) == {"asked": URL}
    await store.close()


async def test_a_posted_form_returns_status_and_document() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        return httpx.Response(400, json={"error": "invalid_grant", "sent": request.content.decode()})

    assert await served(answer).post(URL, {"code": "a b&c"}) == (
        400,
        {"error": "invalid_grant", "sent": "code=a+b%26c"},
    )


@pytest.mark.parametrize("name", ["no JSON", "an endless document", "a document that is too large", "no connection"])
async def test_an_unreadable_response_to_a_form_is_an_outage(name: str) -> None:
    with pytest.raises(Unavailable):
        await served(ANSWERS[name]).post(URL, {})
