"""A clientState proves which integration it belongs to, and reveals nothing else (rule 4)."""

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


def test_a_client_state_identifies_its_integration(states: ClientStates) -> None:
    assert states.integration(states.of(OURS)) == OURS
    assert states.integration(states.of(OTHERS)) == OTHERS


def test_every_process_creates_and_accepts_the_same_client_states(states: ClientStates) -> None:
    assert ClientStates(KEY).of(OURS) == states.of(OURS)


def test_a_client_state_fits_graphs_limit_and_a_header(states: ClientStates) -> None:
    """Graph allows at most 128 characters."""
    assert len(states.of(OURS)) == 80
    assert states.of(OURS).isascii()


def test_a_new_key_creates_different_client_states_and_rejects_old_ones(states: ClientStates) -> None:
    renewed = ClientStates(b"n" * 32)
    assert renewed.integration(states.of(OURS)) is None
    assert digest(renewed.of(OURS)) != digest(states.of(OURS))


@given(st.text() | st.builds(lambda end: f"{OURS}.{end}", st.text(max_size=60)))
def test_a_guessed_client_state_is_rejected(client_state: str) -> None:
    assert ClientStates(KEY).integration(client_state) is None


@given(st.integers(0, 79), st.characters(min_codepoint=33, max_codepoint=126))
def test_changing_any_character_invalidates_a_client_state(at: int, other: str) -> None:
    states = ClientStates(KEY)
    right = states.of(OURS)
    wrong = right[:at] + other + right[at + 1 :]
    assert states.integration(wrong) == (OURS if wrong == right else None)


def test_text_signed_for_another_purpose_is_not_accepted_as_a_client_state(states: ClientStates) -> None:
    promise = Promises(KEY, FakeClock()).make(OURS, Caller(key="alice", method="test"))
    assert states.integration(promise) is None
    assert states.integration(f"{OURS}.{promise.removeprefix('TOK:-').removesuffix('#')}") is None
