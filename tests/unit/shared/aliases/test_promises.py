"""A6: a promise is bound to a user, an integration and a period. It survives the same rewriting as a tag."""

import base64
import hashlib
import html
import time
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.aliases.body_search import MAX_MARKS, find_promises, find_tags
from shared.aliases.promises import PROMISE_LIFETIME, Promises
from shared.errors import NotAuthenticated
from shared.identity.caller import Caller
from tests.fakes.clock import FakeClock

KEY = b"k" * 32
UUID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
ALICE = Caller("entra:tenant:alice", "entra")
BOB = Caller("entra:tenant:bob", "entra")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def promises(clock: FakeClock) -> Promises:
    return Promises(KEY, clock)


def test_a_valid_promise_identifies_its_user(promises: Promises) -> None:
    promise = promises.make(UUID, ALICE)
    held = promises.verify(UUID, promise)
    assert held == promises.verify(UUID.upper(), promise.lower()), "letter case does not matter"
    assert held.caller == promises.verify(UUID, promises.make(UUID, ALICE)).caller
    assert held.caller != promises.verify(UUID, promises.make(UUID, BOB)).caller


def test_every_promise_is_for_one_meeting(promises: Promises) -> None:
    first, second = (promises.verify(UUID, promises.make(UUID, ALICE)) for _ in range(2))
    assert first.id != second.id


def test_a_promise_does_not_reveal_its_users_identity(promises: Promises) -> None:
    promise = promises.make(UUID, ALICE)
    raw = base64.b32decode(promise.removeprefix("TOK:-").removesuffix("#"))
    guesses = [ALICE.key.encode(), hashlib.sha256(ALICE.key.encode()).digest()[:12]]
    assert not [guess for guess in guesses if guess in raw]


def test_a_promise_is_invalid_in_another_integration(promises: Promises) -> None:
    with pytest.raises(NotAuthenticated):
        promises.verify(OTHER, promises.make(UUID, ALICE))


def test_a_promise_from_another_deployment_is_invalid(promises: Promises, clock: FakeClock) -> None:
    with pytest.raises(NotAuthenticated):
        promises.verify(UUID, Promises(b"x" * 32, clock).make(UUID, ALICE))


def test_a_promise_expires(promises: Promises, clock: FakeClock) -> None:
    promise = promises.make(UUID, ALICE)
    clock.move(PROMISE_LIFETIME - timedelta(minutes=1))
    promises.verify(UUID, promise)
    clock.move(timedelta(minutes=1))
    with pytest.raises(NotAuthenticated):
        promises.verify(UUID, promise)


@given(position=st.integers(0, 39), flipped=st.integers(1, 255))
def test_changing_any_bit_invalidates_a_promise(position: int, flipped: int) -> None:
    promises = Promises(KEY, FakeClock())
    raw = bytearray(base64.b32decode(promises.make(UUID, ALICE)[5:-1]))
    raw[position] ^= flipped
    with pytest.raises(NotAuthenticated):
        promises.verify(UUID, f"TOK:-{base64.b32encode(raw).decode()}#")


@given(st.text(max_size=80))
@example("TOK:-" + "A" * 64)
@example("TOK:-" + "\u212a" * 64 + "#")  # the Kelvin sign, which case folding turns into a k
def test_other_text_is_not_accepted_as_a_promise(text: str) -> None:
    with pytest.raises(NotAuthenticated):
        Promises(KEY, FakeClock()).verify(UUID, text)


PROMISE = Promises(KEY, FakeClock()).make(UUID, ALICE)
BARE = PROMISE[:-1]
MANGLED = {
    "as it was": PROMISE,
    "lower case": PROMISE.lower(),
    "no closing #, followed by a word": f"{BARE} and nobody else",
    "wrapped": f"{BARE[:40]}\r\n   {BARE[40:]}#",
    "spans inside": f"TOK<span>:</span>-<b>{BARE[5:30]}</b><span>{BARE[30:]}</span>#",
    "no-break spaces": f"{BARE[:20]}&nbsp;{BARE[20:]}#",
    "zero-width characters": f"{BARE[:20]}\u200b{BARE[20:50]}&#8203;{BARE[50:]}#",
    "another dash": PROMISE.replace("-", "\u2011"),
    "soft line break": f"{BARE[:20]}=\r\n{BARE[20:]}#",
    "quoted-printable": BARE.replace(":", "=3A"),
    "percent-encoded": f'<a href="https://x.example/?url={quote(PROMISE, safe="")}">x</a>',
    "percent-encoded twice": f'<a href="https://x.example/?url={quote(quote(PROMISE, safe=""), safe="")}">x</a>',
    "entities": html.escape(PROMISE).replace(":", "&#58;").replace("-", "&#x2d;"),
}


@pytest.mark.parametrize("body", MANGLED.values(), ids=MANGLED)
def test_a_mangled_promise_is_found_and_valid(body: str, promises: Promises) -> None:
    found = find_promises(f"<html><body><p>Dear all,</p>{body}<p>Bye</p></body></html>")
    assert found == [PROMISE]
    promises.verify(UUID, found[0])


def test_promises_and_tags_are_never_confused(promises: Promises) -> None:
    tag = "PXPS:-550e8400-e29b-41d4-a716-446655440000#"
    body = f"<p>{tag}</p><p>{promises.make(UUID, ALICE)}</p>"
    assert len(find_promises(body)) == len(find_tags(body)) == 1


def test_all_promises_in_a_body_are_found_in_order(promises: Promises) -> None:
    made = [promises.make(UUID, ALICE) for _ in range(MAX_MARKS + 4)]
    assert find_promises(" ".join(made)) == made[:MAX_MARKS]


def test_a_hostile_body_is_searched_quickly() -> None:
    started = time.perf_counter()
    assert find_promises("TOK:-" * 400_000 + "A" * 63) == []
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("behind", ["#", "", " and nobody else wrote this but me"])
def test_a_promise_from_an_older_version_is_valid_until_it_expires(
    promises: Promises, clock: FakeClock, behind: str
) -> None:
    """It names no people, so it is valid for any organizer's meetings."""
    raw = base64.b32decode(promises.make(UUID, ALICE)[5:-1])
    signed = raw[:24]
    old = f"TOK:-{base64.b32encode(signed + promises._signature(UUID, signed)).decode()}"
    [found] = find_promises(f"<p>{old}{behind}</p>")
    held = promises.verify(UUID, found)
    assert held.people == ()
    assert held.caller == promises.verify(UUID, promises.make(UUID, ALICE)).caller
    clock.move(PROMISE_LIFETIME)
    with pytest.raises(NotAuthenticated):
        promises.verify(UUID, found)
