"""If one test breaks the stack, each later test loses seconds instead of two minutes."""

import socket

import pytest

from dev.environment import Addresses
from tests.browser import timeouts
from tests.browser.timeouts import BROKEN_TIMEOUT, HANGING_TIMEOUT, fault_of, hanging


@pytest.fixture(autouse=True)
def _failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts._Failures, "in_a_row", 0)


def ended(outcome: str, when: str = "call") -> pytest.TestReport:
    return pytest.TestReport("id", ("", 0, ""), {}, outcome, None, when)  # type: ignore[arg-type]


def test_two_failures_in_a_row_shorten_the_timeout_until_a_test_passes() -> None:
    limits = []
    for outcome, when in [("failed", "call"), ("passed", "setup"), ("failed", "setup"), ("passed", "call")]:
        timeouts.note(ended(outcome, when))
        limits.append(hanging())
    assert limits == [HANGING_TIMEOUT, HANGING_TIMEOUT, BROKEN_TIMEOUT, HANGING_TIMEOUT]


def test_a_stack_is_checked_only_after_a_failure_and_named_if_it_does_not_respond() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nothing listens on this port
        stack = Addresses(port=9, exchange_port=taken.getsockname()[1])
        assert fault_of(stack) == ""
        timeouts.note(ended("failed"))
        assert fault_of(stack).startswith(f"{stack.exchange}/dev/clock: ")
