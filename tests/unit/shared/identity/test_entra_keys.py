"""Keys are only fetched from the configured authority, and no more often than necessary."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.identity.entra_keys import MAX_SIGNING_KEYS, EntraKeys
from shared.identity.key_cache import FRESH, REFETCH_AFTER
from tests.fakes.clock import FakeClock
from tests.support.entra_tokens import LOGIN, Entra, Key

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def entra(clock: FakeClock) -> Entra:
    return Entra(clock)


@pytest.fixture
def keys(entra: Entra, clock: FakeClock) -> EntraKeys:
    return EntraKeys(entra.fetch, clock)


async def test_keys_are_fetched_once_a_day(entra: Entra, keys: EntraKeys, clock: FakeClock) -> None:
    assert await keys.key(entra.url, "first")
    assert len(entra.asked) == 2, "the first request is for metadata, the second for keys"
    clock.move(FRESH - SECOND)
    assert await keys.key(entra.url, "first")
    assert len(entra.asked) == 2
    clock.move(SECOND)
    assert await keys.key(entra.url, "first")
    assert len(entra.asked) == 4


async def test_a_new_key_is_found_after_a_short_wait(entra: Entra, keys: EntraKeys, clock: FakeClock) -> None:
    await keys.key(entra.url, "first")
    entra.keys.append(Key("second"))
    clock.move(REFETCH_AFTER)
    assert await keys.key(entra.url, "second")
    assert await keys.key(entra.url, "first")


async def test_unknown_keys_cause_few_requests_to_the_provider(entra: Entra, keys: EntraKeys, clock: FakeClock) -> None:
    for number in range(100):
        assert await keys.key(entra.url, f"unknown {number}") is None
        clock.move(SECOND)
    assert len(entra.asked) == 2
    clock.move(REFETCH_AFTER)
    await asyncio.gather(*(keys.key(entra.url, f"unknown {number}") for number in range(50)))
    assert len(entra.asked) == 4


async def test_a_provider_that_is_down_is_not_called_again_immediately(
    entra: Entra, keys: EntraKeys, clock: FakeClock
) -> None:
    entra.is_down = True
    for _ in range(10):
        with pytest.raises(Unavailable):
            await keys.key(entra.url, "first")
    assert len(entra.asked) == 1
    entra.is_down = False
    clock.move(REFETCH_AFTER)
    assert await keys.key(entra.url, "first")


async def test_known_keys_stay_valid_during_an_outage(entra: Entra, keys: EntraKeys, clock: FakeClock) -> None:
    await keys.key(entra.url, "first")
    entra.is_down = True
    clock.move(FRESH)
    assert await keys.key(entra.url, "first")
    clock.move(REFETCH_AFTER)
    with pytest.raises(Unavailable):
        await keys.key(entra.url, "unknown")


async def test_keys_of_different_authorities_are_kept_apart(clock: FakeClock) -> None:
    one, other = Entra(clock), Entra(clock, "common")
    other.keys = [Key("second")]

    async def fetch(url: str) -> Any:
        return await (other if "common" in url else one).fetch(url)

    keys = EntraKeys(fetch, clock)
    assert await keys.key(one.url, "second") is None
    assert await keys.key(other.url, "first") is None
    assert await keys.key(other.url, "second")


@pytest.mark.parametrize(
    "jwks_uri",
    [
        "https://evil.example/keys",
        "http://login.microsoftonline.com/keys",
        "https://login.microsoftonline.com:444/keys",
        "https://login.microsoftonline.com@evil.example/keys",
        "file:///etc/passwd",
        "//login.microsoftonline.com/keys",
        "https://[bad/keys",
        7,
    ],
)
async def test_keys_on_another_host_are_not_fetched(entra: Entra, keys: EntraKeys, jwks_uri: object) -> None:
    entra.metadata["jwks_uri"] = jwks_uri
    with pytest.raises(Unavailable):
        await keys.key(entra.url, "first")
    assert entra.asked == [entra.url]


@pytest.mark.parametrize("metadata", [None, [], "x", {}, {"issuer": 7, "jwks_uri": f"{LOGIN}/keys"}, {"issuer": "x"}])
async def test_invalid_metadata_is_an_outage_and_not_the_users_fault(
    entra: Entra, keys: EntraKeys, metadata: object
) -> None:
    entra.metadata = metadata
    with pytest.raises(Unavailable):
        await keys.key(entra.url, "first")


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"keys": 7}, {"keys": [7]}, {"keys": [{"kty": "RSA", "kid": "first"}]}, {"keys": [{"kty": "RSA"}]}],
)
async def test_invalid_keys_are_an_outage_and_not_the_users_fault(
    entra: Entra, keys: EntraKeys, document: object
) -> None:
    entra.documents[entra.metadata["jwks_uri"]] = document
    with pytest.raises(Unavailable):
        await keys.key(entra.url, "first")


async def test_only_rsa_signing_keys_are_used(entra: Entra, keys: EntraKeys) -> None:
    good = entra.keys[0].entry()
    others = [
        {"kty": "EC", "kid": "ec", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "oct", "kid": "oct", "k": "AAAA"},
        {**good, "kid": "encryption", "use": "enc"},
    ]
    entra.documents[entra.metadata["jwks_uri"]] = {"keys": [*others, good]}
    assert await keys.key(entra.url, "first")
    assert [kid for kid in ("ec", "oct", "encryption") if await keys.key(entra.url, kid)] == []


async def test_only_a_bounded_number_of_keys_is_read(entra: Entra, keys: EntraKeys) -> None:
    good = entra.keys[0].entry()
    entries = [{**good, "kid": str(number)} for number in range(MAX_SIGNING_KEYS + 50)]
    entra.documents[entra.metadata["jwks_uri"]] = {"keys": entries}
    assert await keys.key(entra.url, str(MAX_SIGNING_KEYS - 1))
    assert await keys.key(entra.url, str(MAX_SIGNING_KEYS)) is None
