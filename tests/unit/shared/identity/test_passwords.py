"""Basic authentication of conferencing nodes and admins (rule 4)."""

import asyncio
import base64
import hashlib
import secrets
from typing import Any

import pytest

from shared.errors import NotAuthenticated, RateLimited
from shared.identity import passwords as module
from shared.identity.passwords import (
    MAX_WAITING,
    MAX_WAITING_OF_ONE,
    REPORT_EVERY,
    RETRY_AFTER,
    BasicAuthenticator,
)
from shared.password_hash import hash_password, is_password_hash, matches
from shared.settings import BasicCredential
from tests.fakes.clock import FakeClock

PASSWORD = "pässword: with a colon"
HASH = hash_password(PASSWORD)


def header(username: str = "node", password: str = PASSWORD, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


@pytest.fixture
def nodes() -> BasicAuthenticator:
    return BasicAuthenticator(BasicCredential("node", HASH))


@pytest.fixture
def derivations(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The passwords that were passed to scrypt."""
    passwords: list[bytes] = []
    real = hashlib.scrypt

    def counted(password: bytes, **options: Any) -> bytes:
        passwords.append(password)
        return real(password, **options)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    return passwords


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
async def test_the_right_name_and_password_are_accepted(nodes: BasicAuthenticator, scheme: str) -> None:
    await nodes.check(header(scheme=scheme))


WRONG = {
    "none": None,
    "empty": "",
    "no credentials": "Basic",
    "empty credentials": "Basic ",
    "another password": header(password="password"),
    "no password": header(password=""),
    "another name": header("nodes"),
    "another name's case": header("Node"),
    "no name": header(""),
    "no colon": f"Basic {base64.b64encode(b'node').decode()}",
    "another scheme": header(scheme="Bearer"),
    "two blanks": header().replace(" ", "  "),
    "not base64": "Basic ????",
    "not ASCII": "Basic ünï",
    "a lone surrogate": "Basic \ud800",
    "not UTF-8": f"Basic {base64.b64encode(bytes([0xFF, 0xFE, 0x3A])).decode()}",
    "endless": header(password="x" * 100_000),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_any_other_header_is_refused(nodes: BasicAuthenticator, wrong: str | None) -> None:
    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            await nodes.check(wrong)


async def test_no_caller_is_admitted_without_a_configured_credential() -> None:
    with pytest.raises(NotAuthenticated):
        await BasicAuthenticator(None).check(header())


async def test_a_password_that_was_accepted_before_is_accepted_without_another_check(
    nodes: BasicAuthenticator, derivations: list[bytes]
) -> None:
    for _ in range(20):
        await nodes.check(header())
    assert len(derivations) == 1


async def test_a_password_that_was_refused_before_is_refused_without_another_check(
    nodes: BasicAuthenticator, derivations: list[bytes]
) -> None:
    await nodes.check(header())
    for _ in range(3):
        with pytest.raises(NotAuthenticated):
            await nodes.check(header(password="guess"))
    await nodes.check(header())
    assert len(derivations) == 2


async def test_several_spellings_of_the_right_header_are_remembered(
    nodes: BasicAuthenticator, derivations: list[bytes]
) -> None:
    for _ in range(5):
        for scheme in ("Basic", "basic", "BASIC"):
            await nodes.check(header(scheme=scheme))
    assert len(derivations) == 3


async def test_concurrent_requests_with_the_same_password_cost_one_check(
    nodes: BasicAuthenticator, derivations: list[bytes]
) -> None:
    await asyncio.gather(*(nodes.check(header()) for _ in range(100)))
    assert len(derivations) == 1


async def test_a_client_that_disconnects_does_not_cancel_the_check_for_others(nodes: BasicAuthenticator) -> None:
    first, second = asyncio.create_task(nodes.check(header())), asyncio.create_task(nodes.check(header()))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled() or first.cancelling()


async def test_wrong_passwords_do_not_delay_the_right_one_indefinitely(
    nodes: BasicAuthenticator, derivations: list[bytes]
) -> None:
    """The node has to wait for only a few other checks, however many guesses another address sends."""
    guesses = [
        asyncio.create_task(nodes.check(header(password=str(n)), f"10.0.0.1, 203.0.113.7:{n}")) for n in range(500)
    ]
    await asyncio.sleep(0)
    await nodes.check(header(), "198.51.100.1:1024")
    assert len(derivations) <= MAX_WAITING_OF_ONE + 1
    results = await asyncio.gather(*guesses, return_exceptions=True)
    refused = [result for result in results if isinstance(result, RateLimited)]
    assert len(refused) == 500 - MAX_WAITING_OF_ONE
    assert {error.retry_after for error in refused} == {RETRY_AFTER}
    assert sum(type(result) is NotAuthenticated for result in results) == MAX_WAITING_OF_ONE


async def test_guesses_from_many_addresses_are_limited_too(nodes: BasicAuthenticator, derivations: list[bytes]) -> None:
    guesses = [nodes.check(header(password=str(n)), f"203.0.113.{n}:4711") for n in range(200)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert len(derivations) == MAX_WAITING
    assert sum(isinstance(result, RateLimited) for result in results) == 200 - MAX_WAITING
    await nodes.check(header(), "198.51.100.1")  # once the guesses have been checked, other callers are admitted again


async def test_refusals_due_to_overload_are_reported_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    clock = FakeClock()
    nodes = BasicAuthenticator(BasicCredential("node", HASH), "policy", clock)
    for _ in range(2):
        guesses = [nodes.check(header(password=secrets.token_hex(4))) for _ in range(30)]
        await asyncio.gather(*guesses, return_exceptions=True)
    assert caplog.messages == ['metric {"name":"turned_away","value":1,"outcome":"policy"}']
    clock.move(REPORT_EVERY)
    guesses = [nodes.check(header(password=secrets.token_hex(4))) for _ in range(MAX_WAITING_OF_ONE + 1)]
    await asyncio.gather(*guesses, return_exceptions=True)
    turned_away = 2 * (30 - MAX_WAITING_OF_ONE)
    assert caplog.messages[1:] == [f'metric {{"name":"turned_away","value":{turned_away},"outcome":"policy"}}']


async def test_a_wrong_name_costs_as_much_as_a_wrong_password(
    nodes: BasicAuthenticator, derivations: list[bytes]
) -> None:
    """The response time does not reveal which names exist."""
    with pytest.raises(NotAuthenticated):
        await nodes.check(header("stranger"))
    assert len(derivations) == 1


async def test_guesses_are_checked_one_at_a_time(nodes: BasicAuthenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Concurrent checks would need 16 MiB of memory each."""
    running, most, real = 0, 0, asyncio.to_thread

    async def counted(work: Any, *args: Any) -> Any:
        nonlocal running, most
        if work is not module._is_right:  # functions hosts started by other tests also use threads in this process
            return await real(work, *args)
        running += 1
        most = max(most, running)
        try:
            return await real(work, *args)
        finally:
            running -= 1

    monkeypatch.setattr(asyncio, "to_thread", counted)
    guesses = [nodes.check(header(password=str(n)), f"203.0.113.{n}") for n in range(5)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert [type(result) for result in results] == [NotAuthenticated] * 5
    assert most == 1


def test_the_same_password_can_have_many_hashes() -> None:
    other = hash_password(PASSWORD)
    assert other != HASH
    assert matches(PASSWORD, other)
    assert not matches("password", other)


SALT, DIGEST = "00" * 16, "00" * 64


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (HASH, True),
        (f"scrypt:131072:{SALT}:{DIGEST}", True),
        ("", False),
        ("local-admin", False),
        (f"scrypt:{SALT}:{DIGEST}", False),
        (f"bcrypt:16384:{SALT}:{DIGEST}", False),
        (f"scrypt:1:{SALT}:{DIGEST}", False),
        (f"scrypt:16383:{SALT}:{DIGEST}", False),
        (f"scrypt:262144:{SALT}:{DIGEST}", False),
        (f"scrypt:999999:{SALT}:{DIGEST}", False),
        (f"scrypt:16384::{DIGEST}", False),
        (f"scrypt:16384:{SALT}:00", False),
        (f"scrypt:16384:{SALT}:{'zz' * 64}", False),
        (HASH + "\n", False),
        (HASH.upper(), False),
    ],
)
def test_valid_and_invalid_password_hashes_are_distinguished(text: str, valid: bool) -> None:
    """An invalid hash is refused when the settings are read, rather than at the first sign-in."""
    assert is_password_hash(text) is valid
