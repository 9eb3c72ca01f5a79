"""The store on in-memory storage, and its number of round trips."""

import logging

import pytest
from pydantic import SecretStr

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.errors import Unavailable
from shared.integrations import IntegrationStore
from shared.integrations.integration import SECRET_FIELDS
from shared.integrations.service_sign_in import finish_sign_in
from shared.secrets import SecretReference
from tests.fakes.clock import FakeClock
from tests.support.integration_store_contract import IntegrationStoreContract
from tests.support.integrations import full_fields, graph_fields


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


class TestOnMemory(IntegrationStoreContract):
    pass


async def test_cached_reads_take_no_storage_trip(storage: MemoryStorage) -> None:
    store = IntegrationStore(storage, MemorySecrets(), FakeClock())
    created = await store.create(graph_fields())
    before = storage.round_trips
    for _ in range(100):
        await store.cached(created.uuid)
    assert storage.round_trips == before


async def test_a_fresh_read_takes_one_storage_trip(storage: MemoryStorage) -> None:
    clock = FakeClock()
    created = await IntegrationStore(storage, MemorySecrets(), clock).create(graph_fields())
    before = storage.round_trips
    await IntegrationStore(storage, MemorySecrets(), clock).cached(created.uuid)
    assert storage.round_trips == before + 1


async def test_an_unused_secret_that_cannot_be_deleted_is_logged_by_name(
    storage: MemoryStorage, caplog: pytest.LogCaptureFixture
) -> None:
    class Stuck(MemorySecrets):
        async def delete(self, reference: SecretReference) -> None:
            raise Unavailable("The vault is down.")

    store = IntegrationStore(storage, Stuck(), FakeClock())
    created = await store.create(full_fields(password="correct horse"))
    with caplog.at_level(logging.WARNING):
        changed = await store.update(created.uuid, {"password": "battery staple"})
    assert changed.password != created.password
    assert created.password in caplog.text
    assert "correct horse" not in caplog.text


async def test_settings_for_a_local_stack_may_contain_loopback_hosts(storage: MemoryStorage) -> None:
    url = "http://127.0.0.1:7072/autodiscover/metadata/json/1"
    fields = graph_fields(domains=[{"domain": url}], addin_server_domain="127.0.0.1:7071")
    store = IntegrationStore(storage, MemorySecrets(), FakeClock(), local=True)
    assert (await store.create(fields)).metadata_urls == (url,)


async def test_a_secret_is_stored_once_even_if_the_save_is_repeated(storage: MemoryStorage) -> None:
    secrets = MemorySecrets()
    store = IntegrationStore(storage, secrets, FakeClock())
    created = await store.create(full_fields("OAUTH"))
    await finish_sign_in(store, created.uuid, SecretStr("token"))
    given = [field for field in SECRET_FIELDS if full_fields("OAUTH").get(field)]
    assert len(secrets.kept) == len({*given, "oauth_refresh_token"})
