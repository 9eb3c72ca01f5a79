from collections.abc import AsyncIterator

import pytest

from tests.support.sign_in_world import SignInWorld, a_world


@pytest.fixture
async def world() -> AsyncIterator[SignInWorld]:
    async with a_world() as world:
        yield world
