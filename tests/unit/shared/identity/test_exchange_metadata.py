"""X5: an Exchange organization's keys are fetched from the configured URL, and no more often than necessary."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.identity.exchange_metadata import ExchangeMetadata
from shared.identity.key_cache import FRESH, REFETCH_AFTER, RETRY_AFTER
from tests.fakes.clock import FakeClock
from tests.support.exchange_tokens import METADATA, Exchange, Signer

OLD, NEW = Signer("exchange"), Signer("next")
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def exchange(clock: FakeClock) -> Exchange:
    return Exchange(clock)


@pytest.fixture
def metadata(exchange: Exchange, clock: FakeClock) -> ExchangeMetadata:
    return ExchangeMetadata(exchange.fetch, clock)


async def test_keys_are_fetched_once_a_day(exchange: Exchange, metadata: ExchangeMetadata, clock: FakeClock) -> None:
    key = await metadata.key(METADATA, OLD.x5t)
    assert key is not None
    assert key.public_numbers() == OLD.key.public_key().public_numbers()
    clock.move(FRESH - SECOND)
    await metadata.key(METADATA, OLD.x5t)
    assert exchange.asked == [METADATA]
    clock.move(SECOND)
    await metadata.key(METADATA, OLD.x5t)
    assert exchange.asked == [METADATA] * 2


async def test_concurrent_requests_fetch_keys_once(exchange: Exchange, metadata: ExchangeMetadata) -> None:
    await asyncio.gather(*(metadata.key(METADATA, OLD.x5t) for _ in range(50)))
    assert exchange.asked == [METADATA]


async def test_keys_follow_a_rollover(exchange: Exchange, metadata: ExchangeMetadata, clock: FakeClock) -> None:
    """Exchange first publishes both keys, and later only the new one."""
    await metadata.key(METADATA, OLD.x5t)
    clock.move(REFETCH_AFTER)
    exchange.documents[METADATA] = {"keys": [NEW.entry(), OLD.entry()]}
    assert await metadata.key(METADATA, NEW.x5t) is not None
    assert await metadata.key(METADATA, OLD.x5t) is not None
    exchange.documents[METADATA] = {"keys": [NEW.entry()]}
    clock.move(FRESH)
    assert await metadata.key(METADATA, NEW.x5t) is not None
    assert await metadata.key(METADATA, OLD.x5t) is None


async def test_unknown_keys_cause_few_requests_to_the_server(
    exchange: Exchange, metadata: ExchangeMetadata, clock: FakeClock
) -> None:
    for number in range(100):
        assert await metadata.key(METADATA, f"unknown-{number}") is None
    assert exchange.asked == [METADATA]
    clock.move(REFETCH_AFTER)
    await asyncio.gather(*(metadata.key(METADATA, f"unknown-{number}") for number in range(100)))
    assert exchange.asked == [METADATA] * 2


async def test_a_server_that_is_down_is_not_called_again_immediately(
    exchange: Exchange, metadata: ExchangeMetadata, clock: FakeClock
) -> None:
    document = exchange.documents.pop(METADATA)
    for _ in range(10):
        with pytest.raises(Unavailable):
            await metadata.key(METADATA, OLD.x5t)
    assert exchange.asked == [METADATA]
    exchange.documents[METADATA] = document
    clock.move(RETRY_AFTER)
    assert await metadata.key(METADATA, OLD.x5t) is not None


async def test_known_keys_stay_valid_during_an_outage(
    exchange: Exchange, metadata: ExchangeMetadata, clock: FakeClock
) -> None:
    await metadata.key(METADATA, OLD.x5t)
    del exchange.documents[METADATA]
    clock.move(FRESH)
    assert await metadata.key(METADATA, OLD.x5t) is not None
    clock.move(RETRY_AFTER)
    with pytest.raises(Unavailable):
        await metadata.key(METADATA, NEW.x5t)


def entry(**changes: Any) -> dict[str, Any]:
    return OLD.entry() | changes


GARBAGE: dict[str, Any] = {
    "null": None,
    "a number": 1,
    "a string": "keys",
    "a list": [],
    "no keys": {},
    "keys are null": {"keys": None},
    "keys is a number": {"keys": 1},
    "a key is a string": {"keys": ["x"]},
    "a key is null": {"keys": [None]},
    "no certificate": {"keys": [entry(keyvalue={})]},
    "certificate is null": {"keys": [entry(keyvalue={"value": None})]},
    "not base64": {"keys": [entry(keyvalue={"value": "?"})]},
    "not a certificate": {"keys": [entry(keyvalue={"value": base64.b64encode(b"garbage").decode()})]},
    "no thumbprint": {"keys": [entry(keyinfo={})]},
    "a thumbprint of the wrong type": {"keys": [entry(keyinfo={"x5t": []})]},
}


@pytest.mark.parametrize("document", GARBAGE.values(), ids=GARBAGE)
async def test_invalid_metadata_is_an_outage(exchange: Exchange, metadata: ExchangeMetadata, document: Any) -> None:
    exchange.documents[METADATA] = document
    with pytest.raises(Unavailable):
        await metadata.key(METADATA, OLD.x5t)


async def test_keys_for_other_uses_cannot_sign(exchange: Exchange, metadata: ExchangeMetadata) -> None:
    exchange.documents[METADATA] = {"keys": [OLD.entry() | {"usage": "encryption"}]}
    assert await metadata.key(METADATA, OLD.x5t) is None


async def test_keys_from_different_urls_are_kept_apart(exchange: Exchange, metadata: ExchangeMetadata) -> None:
    other = "https://mail.example.org/autodiscover/metadata/json/1"
    exchange.documents[other] = {"keys": [NEW.entry()]}
    assert await metadata.key(other, OLD.x5t) is None
    assert await metadata.key(METADATA, NEW.x5t) is None
