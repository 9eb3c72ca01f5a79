"""Fixtures for tests of every kind."""

from collections.abc import Iterator

import hypothesis
import pytest

from dev.azurite import running_azurite

# Tests judge what is answered, not how fast: a busy machine is no fault, and timings are measured in bench/.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of an Azurite in memory; tests that write to it use names of their own."""
    with running_azurite() as connection_string:
        yield connection_string
