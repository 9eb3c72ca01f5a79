"""Fixtures for tests of single parts."""

import pytest


@pytest.fixture
def caplog(own_log: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Only what a test's own calls log: no single part logs through a host."""
    return own_log
