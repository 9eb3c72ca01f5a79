"""A clientState proves itself, and nothing but itself (rule 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.aliases.promises import Promises
from shared.identity.caller import Caller
from shared.mailboxes.client_state import ClientStates, digest
from tests.fakes.clock import FakeClock

KEY = b"k" * 32
OURS, OTHERS = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def states() -> ClientStates:
    return ClientStates(KEY)


def test_it_tells_whose_it_is(states: ClientStates) -> None:
    assert states.integration(states.of(OURS)) == OURS
    assert states.integration(states.of(OTHERS)) == OTHERS


def test_every_process_makes_and_believes_the_same(states: ClientStates) -> None:
    assert ClientStates(KEY).of(OURS) == states.of(OURS)


def test_it_fits_graph_and_can_be_read_in_a_header(states: ClientStates) -> None:
    """128 characters at most."""
    assert len(states.of(OURS)) == 80
    assert states.of(OURS).isascii()


def test_a_renewed_key_makes_others_and_believes_no_old_one(states: ClientStates) -> None:
    renewed = ClientStates(b"n" * 32)
    assert renewed.integration(states.of(OURS)) is None
    assert digest(renewed.of(OURS)) != digest(states.of(OURS))


@given(st.text() | st.builds(lambda end: f"{OURS}.{end}", st.text(max_size=60)))
def test_nobody_guesses_one(client_state: str) -> None:
    assert ClientStates(KEY).integration(client_state) is None


@given(st.integers(0, 79), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_character_can_be_changed(at: int, other: str) -> None:
    states = ClientStates(KEY)
    right = states.of(OURS)
    wrong = right[:at] + other + right[at + 1 :]
    assert states.integration(wrong) == (OURS if wrong == right else None)


def test_what_is_signed_for_another_purpose_does_not_pass(states: ClientStates) -> None:
    promise = Promises(KEY, FakeClock()).make(OURS, Caller(key="alice", method="test"))
    assert states.integration(promise) is None
    assert states.integration(f"{OURS}.{promise.removeprefix('TOK:-').removesuffix('#')}") is None
