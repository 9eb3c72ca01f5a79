"""The in-memory secret store satisfies the same contract as the real stores."""

import pytest

from dev.harness.secrets import MemorySecrets
from tests.support.secret_store_contract import SecretStoreContract


@pytest.fixture
def secrets() -> MemorySecrets:
    return MemorySecrets()


class TestMemorySecrets(SecretStoreContract):
    pass
