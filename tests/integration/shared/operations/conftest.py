"""A separate Azurite, because an export reads whole tables and no other test may write to them meanwhile."""

from collections.abc import Iterator

import pytest

from dev.azurite import running_azurite


@pytest.fixture(scope="module")
def own_azurite() -> Iterator[str]:
    with running_azurite() as connection_string:
        yield connection_string
