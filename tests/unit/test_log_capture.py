"""Tests only capture their own log messages, regardless of what else runs in the process."""

import logging
from contextvars import Context

import pytest


async def test_messages_logged_by_a_host_in_the_same_event_loop_are_not_captured(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    Context().run(logging.info, "a host's")
    logging.info("the test's")
    assert caplog.messages == ["the test's"]
