"""A separate Azurite, since an export reads whole tables, into which no other test may write."""

from collections.abc import Iterator

import pytest

from dev.azurite import running_azurite


@pytest.fixture(scope="module")
def own_azurite() -> Iterator[str]:
    with running_azurite() as connection_string:
        yield connection_string
