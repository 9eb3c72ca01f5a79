"""X5: the short form of a one-time code, which users type if the sign-in dialog cannot reach the pane."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from dev.harness.storage import MemoryStorage
from shared.errors import NotAuthenticated
from shared.identity.sign_in.codes import Codes, Redeemed, by_hand
from shared.identity.sign_in.state_cookie import Attempt, s256
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
VERIFIER = "v" * 43
ALICE = Redeemed("alice", "entra:t:alice")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def codes(clock: FakeClock) -> Codes:
    return Codes(MemoryStorage(), clock)


def attempt(state: str = "s", verifier: str = VERIFIER) -> Attempt:
    return Attempt(state, "integration", s256(verifier), int((NOW + timedelta(minutes=15)).timestamp()))


async def refused(codes: Codes, code: str, integration: str = "integration", verifier: str = VERIFIER) -> bool:
    try:
        await codes.redeem(integration, code, verifier)
    except NotAuthenticated:
        return True
    return False


async def test_a_short_code_can_be_typed(codes: Codes) -> None:
    typed = by_hand(await codes.issue(attempt(), ALICE))
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", typed)
    assert await codes.redeem("integration", typed, VERIFIER) == ALICE


async def test_a_short_code_is_accepted_in_any_case_with_spaces_and_lookalike_letters(codes: Codes) -> None:
    typed = by_hand(await codes.issue(attempt(), ALICE)).lower().replace("-", " ")
    assert await codes.redeem("integration", f" {typed.replace('0', 'o').replace('1', 'l')} ", VERIFIER) == ALICE


async def test_a_short_code_is_found_among_many_codes(codes: Codes) -> None:
    for number in range(5):
        await codes.issue(attempt(f"other {number}", f"{number}" * 43), Redeemed("bob", "b"))
    typed = by_hand(await codes.issue(attempt(), ALICE))
    assert await codes.redeem("integration", typed, VERIFIER) == ALICE


async def test_a_pane_may_have_several_codes(codes: Codes) -> None:
    """If the dialog cannot reach the pane, the user signs in again in a browser window, which shows another code."""
    await codes.issue(attempt("dialog"), ALICE)
    typed = by_hand(await codes.issue(attempt("browser"), ALICE))
    assert await codes.redeem("integration", typed, VERIFIER) == ALICE


@pytest.mark.parametrize("first_by_hand", [True, False])
async def test_a_code_can_be_used_only_once_in_either_form(codes: Codes, first_by_hand: bool) -> None:
    code = await codes.issue(attempt(), ALICE)
    first, second = (by_hand(code), code) if first_by_hand else (code, by_hand(code))
    await codes.redeem("integration", first, VERIFIER)
    assert await refused(codes, first)
    assert await refused(codes, second)


async def test_a_short_code_is_refused_in_another_pane(codes: Codes) -> None:
    typed = by_hand(await codes.issue(attempt(), ALICE))
    assert await refused(codes, typed, verifier="w" * 43), "another pane"
    assert await refused(codes, typed, integration="another")
    for guess in ("", "-", "00000-00000", typed[:-1], typed + "0"):
        assert await refused(codes, guess), guess
    assert not await refused(codes, typed)


async def test_a_short_code_is_valid_for_a_minute(codes: Codes, clock: FakeClock) -> None:
    typed = by_hand(await codes.issue(attempt(), ALICE))
    clock.move(timedelta(seconds=60))
    assert await refused(codes, typed)
