"""Fixtures for unit tests."""

import pytest


@pytest.fixture
def caplog(own_log: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Capture only the messages that a test's own calls log, since no unit test needs those of a host."""
    return own_log
