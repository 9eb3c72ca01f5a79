"""Fixtures for tests of every kind."""

from collections.abc import Iterator

import pytest

from dev.azurite import running_azurite


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of an Azurite in memory; tests that write to it use names of their own."""
    with running_azurite() as connection_string:
        yield connection_string
