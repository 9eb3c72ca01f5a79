"""The integration that the local stack starts with."""

from dev.environment import INTEGRATION
from dev.seed import seed
from shared.clock import SystemClock
from shared.integrations import IntegrationStore
from tests.fakes.secrets import MemorySecrets
from tests.fakes.storage import MemoryStorage


async def test_it_is_made_once_and_follows_the_stack_to_other_ports() -> None:
    store = IntegrationStore(MemoryStorage(), MemorySecrets(), SystemClock(), local=True)
    first = await seed(store, "http://127.0.0.1:7072")
    assert (first.uuid, first.mailbox) == (INTEGRATION, "vmr@example.com")
    assert (first.scheduled_alias_prefix, first.scheduled_alias_domain) == ("meet", "example.com")
    second = await seed(store, "http://127.0.0.1:9999")
    assert second.metadata_urls == ("http://127.0.0.1:9999/autodiscover/metadata/json/1",)
    assert [one.uuid for one in await store.list()] == [INTEGRATION]
