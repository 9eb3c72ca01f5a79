"""How long a browser test waits for a state, and whether the stack still responds after tests have failed."""

import httpx
import pytest

from dev.environment import Addresses

HANGING_TIMEOUT = 120_000  # milliseconds; generous for a busy machine, because this only ends tests that hang
BROKEN_TIMEOUT = 10_000  # milliseconds; used once BROKEN_AFTER tests in a row have failed
BROKEN_AFTER = 2  # failed tests in a row


class _Failures:
    """Counts the tests that have failed since the last one that passed."""

    in_a_row = 0


def note(report: pytest.TestReport) -> None:
    """Record how a test, or its fixtures, ended."""
    if report.failed:
        _Failures.in_a_row += 1
    elif report.when == "call" and report.passed:
        _Failures.in_a_row = 0


def hanging() -> int:
    """The milliseconds after which a test stops waiting for a state."""
    return HANGING_TIMEOUT if _Failures.in_a_row < BROKEN_AFTER else BROKEN_TIMEOUT


def fault_of(stack: Addresses) -> str:
    """The part of a stack that is not responding; "" while no test has failed, or if everything responds."""
    if not _Failures.in_a_row:
        return ""
    with httpx.Client(trust_env=False, timeout=BROKEN_TIMEOUT / 1000) as client:
        for url in (f"{stack.exchange}/dev/clock", f"{stack.functions}/dev/clock"):
            try:
                client.get(url).raise_for_status()
            except httpx.HTTPError as error:
                return f"{url}: {error or type(error).__name__}"
    return ""
