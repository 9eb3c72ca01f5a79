"""Fixtures for unit tests."""

import pytest


@pytest.fixture
def caplog(own_log: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Capture only messages that a test's own calls log, since units do not log through a host."""
    return own_log
