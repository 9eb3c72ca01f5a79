"""The integrations that the local stack starts with."""

from dev.environment import INTEGRATION, ON_PREMISES, ONLINE, seeds
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from dev.seed import seed
from shared.clock import SystemClock
from shared.integrations import IntegrationStore


async def test_it_is_made_once_and_follows_the_stack_to_other_ports() -> None:
    store = IntegrationStore(MemoryStorage(), MemorySecrets(), SystemClock(), local=True)
    await seed(store, "http://127.0.0.1:7072")
    first = await store.get(INTEGRATION)
    assert (first.uuid, first.mailbox) == (INTEGRATION, "vmr@example.com")
    assert (first.scheduled_alias_prefix, first.scheduled_alias_domain) == ("meet", "example.com")
    await seed(store, "http://127.0.0.1:9999")
    second = await store.get(INTEGRATION)
    assert second.metadata_urls == ("http://127.0.0.1:9999/autodiscover/metadata/json/1",)
    assert [one.uuid for one in await store.list()] == [INTEGRATION]


async def test_a_second_one_is_reached_by_ews_where_that_is_asked_for() -> None:
    store = IntegrationStore(MemoryStorage(), MemorySecrets(), SystemClock(), local=True)
    assert seeds({}) == seeds({"EWS": "0"}) == (ONLINE,)
    await seed(store, "http://127.0.0.1:7072", seeds({"EWS": "1"}))
    await seed(store, "http://127.0.0.1:9999", seeds({"EWS": "1"}))
    one, other = await store.list()
    assert (one.uses_ews, other.uses_ews) == (False, True)
    assert (other.uuid, other.mailbox) == (ON_PREMISES.uuid, "vmr-ews@example.com")
    assert other.url == "http://127.0.0.1:9999/EWS/Exchange.asmx"
    assert one.scheduled_alias_prefix != other.scheduled_alias_prefix, "a number tells whose it is"
