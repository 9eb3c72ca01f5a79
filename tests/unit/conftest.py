"""Fixtures for unit tests."""

import pytest


@pytest.fixture
def caplog(own_log: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Capture only what a test's own calls log, since no unit logs through a host."""
    return own_log
