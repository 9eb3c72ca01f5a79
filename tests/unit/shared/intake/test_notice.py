"""Queue messages contain only ids, include each notice exactly once, and respect the queue's size limit."""

import ast
import base64
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.harness.storage import MemoryQueue
from shared.intake.notice import LOOKS, Notice, decode, encode, enqueue
from tests.support import ROOT

INTEGRATION = "11111111-1111-4111-8111-111111111111"
AZURE_TAKES = 65_536
PAUSES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
"""The pauses in seconds, without the random time added to each."""

notices = st.builds(
    Notice,
    integration=st.text(max_size=40),
    message=st.text(max_size=200),
    attempt=st.integers(0, LOOKS),
    resubscribe=st.booleans(),
)


@given(st.lists(notices, max_size=50))
def test_encoded_notices_are_decoded_once_each_in_order(sent: list[Notice]) -> None:
    assert [notice for body in encode(sent) for notice in decode(body)] == list(dict.fromkeys(sent))


@pytest.mark.parametrize("count", [0, 1, 100, 5000])
@pytest.mark.parametrize("length", [1, 152, 1024])
def test_notices_are_packed_into_few_messages_within_the_queues_limit(count: int, length: int) -> None:
    bodies = list(encode(Notice(INTEGRATION, f"{n:0{length}}"[-length:] + str(n)) for n in range(count)))
    assert all(len(base64.b64encode(body.encode())) <= AZURE_TAKES for body in bodies)
    assert sum(len(decode(body)) for body in bodies) == count
    assert all(len(body) > 40_000 for body in bodies[:-1])


def test_text_is_measured_as_sent() -> None:
    bodies = list(encode(Notice(INTEGRATION, "é😀" * 100 + str(n)) for n in range(200)))
    assert all(len(base64.b64encode(body.encode())) <= AZURE_TAKES for body in bodies)


FOREIGN = [
    "",
    "text",
    "null",
    "1",
    '"text"',
    "{}",
    "[1]",
    "[null]",
    "[[]]",
    "[{}]",
    '[{"integration": 5}]',
    '[{"integration": null}]',
    '[{"message": "m"}]',
    '[{"integration": "i", "attempt": "1"}]',
    '[{"integration": "i", "resubscribe": 1}]',
    '{"integration": "i"}',
    "[" * 100_000,
    "\ud800",
]


@pytest.mark.parametrize("body", FOREIGN)
def test_messages_in_another_format_are_refused(body: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        decode(body)


def test_unknown_fields_of_a_newer_version_are_ignored() -> None:
    """During an update, old and new processes share the queue."""
    assert decode(json.dumps([{"integration": "i", "message": "m", "new": 1}])) == [Notice("i", "m")]


def test_retries_become_less_frequent_until_they_end() -> None:
    notice, waits = Notice(INTEGRATION, "message"), []
    while later := notice.again():
        notice, wait = later
        waits.append(wait.total_seconds())
    assert all(pause <= wait <= 1.25 * pause + 0.5 for pause, wait in zip(PAUSES[:LOOKS], waits, strict=True))
    assert notice == Notice(INTEGRATION, "message", attempt=LOOKS)


def test_reading_a_missing_calendar_item_is_retried_for_half_an_hour_even_after_outages() -> None:
    notice, waits = Notice(INTEGRATION, "message", attempt=LOOKS), []
    while later := notice.again_for_item():
        notice, wait = later
        waits.append(wait.total_seconds())
    assert all(pause <= wait <= 1.25 * pause + 0.5 for pause, wait in zip(PAUSES, waits, strict=True))


def test_notices_that_failed_together_are_retried_at_different_times() -> None:
    late = [Notice(INTEGRATION, f"message {n}", attempt=8).again() for n in range(50)]
    assert len({delay for _, delay in filter(None, late)}) > 20


def test_a_requested_wait_is_respected() -> None:
    _, delay = Notice(INTEGRATION, "message").again(timedelta(seconds=90)) or (None, None)
    assert delay == timedelta(seconds=90)
    _, delay = Notice(INTEGRATION, "message", attempt=9).again(timedelta(seconds=90)) or (None, None)
    assert delay is None
    _, delay = Notice(INTEGRATION, "message", attempt=8).again(timedelta(seconds=90)) or (None, None)
    assert delay
    assert delay >= timedelta(seconds=256)


async def test_notices_are_queued_together_and_with_a_delay_if_requested() -> None:
    queue, sent = MemoryQueue(), [Notice(INTEGRATION, "a"), Notice(INTEGRATION, "b"), Notice(INTEGRATION, "a")]
    await enqueue(queue, sent, timedelta(seconds=3))
    [(body, delay)] = queue.sent
    assert (decode(body), delay) == (sent[:2], timedelta(seconds=3))


def test_only_one_module_puts_notices_into_the_queue() -> None:
    """The webhook encodes notices itself, because it queues them through the host's output binding."""
    encoders = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "shared").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "shared.intake.notice"
        if "encode" in {alias.name for alias in node.names}
    }
    assert encoders == {"shared/intake/webhook.py"}
