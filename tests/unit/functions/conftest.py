"""Fixtures for calling functions as the host calls them."""

from collections.abc import Iterator

import pytest

from shared import composition


@pytest.fixture(autouse=True)
def _parts_of_the_process_are_put_back() -> Iterator[None]:
    """Restore the process's services after a test, because a functions host in the same process installs its own."""
    before = list(composition._installed)
    yield
    composition._installed[:] = before
