"""The fake keeps the contract of the real ones."""

import pytest

from tests.fakes.secrets import MemorySecrets
from tests.unit.shared.secrets.contract import SecretStoreContract


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets()


class TestMemorySecrets(SecretStoreContract):
    pass
