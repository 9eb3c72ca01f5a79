"""A test sees what it logs itself, whatever else runs in its process."""

import logging
from contextvars import Context

import pytest


async def test_what_a_host_in_the_same_event_loop_logs_is_not_the_tests(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    Context().run(logging.info, "a host's")
    logging.info("the test's")
    assert caplog.messages == ["the test's"]
