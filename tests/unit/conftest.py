"""Fixtures for unit tests."""

import pytest


@pytest.fixture
def caplog(own_log: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Capture only messages logged by a test's own calls. No unit test needs those of a host."""
    return own_log
