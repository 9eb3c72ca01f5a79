"""The integrations that the local stack creates when it starts."""

from dev.environment import INTEGRATION, ON_PREMISES, ONLINE, seeds
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from dev.seed import Places, seed, seed_vmrs
from shared.clock import SystemClock
from shared.integrations import IntegrationStore
from shared.personal.store import VmrStore


async def test_the_first_integration_is_created_once_and_its_urls_follow_the_stacks_ports() -> None:
    store = IntegrationStore(MemoryStorage(), MemorySecrets(), SystemClock(), local=True)
    await seed(store, Places("http://127.0.0.1:7072", "http://127.0.0.1:7071"))
    first = await store.get(INTEGRATION)
    assert (first.uuid, first.mailbox) == (INTEGRATION, "vmr@example.com")
    assert (first.scheduled_alias_prefix, first.scheduled_alias_domain) == ("meet", "example.com")
    await seed(store, Places("http://127.0.0.1:9999", "http://127.0.0.1:7071"))
    second = await store.get(INTEGRATION)
    assert second.metadata_urls == ("http://127.0.0.1:9999/autodiscover/metadata/json/1",)
    assert [one.uuid for one in await store.list()] == [INTEGRATION]


async def test_a_second_integration_over_ews_is_created_on_request() -> None:
    store = IntegrationStore(MemoryStorage(), MemorySecrets(), SystemClock(), local=True)
    assert seeds({}) == seeds({"EWS": "0"}) == (ONLINE,)
    await seed(store, Places("http://127.0.0.1:7072", "http://127.0.0.1:7071"), seeds({"EWS": "1"}))
    await seed(store, Places("http://127.0.0.1:9999", "http://127.0.0.1:7071"), seeds({"EWS": "1"}))
    one, other = await store.list()
    assert (one.uses_ews, other.uses_ews) == (False, True)
    assert (other.uuid, other.mailbox) == (ON_PREMISES.uuid, "vmr-ews@example.com")
    assert other.url == "http://127.0.0.1:9999/EWS/Exchange.asmx"
    assert one.scheduled_alias_prefix != other.scheduled_alias_prefix, "the prefix identifies the integration"


async def test_users_sign_in_with_the_stacks_own_provider_and_have_personal_vmrs() -> None:
    storage = MemoryStorage()
    store = IntegrationStore(storage, MemorySecrets(), SystemClock(), local=True)
    await seed(store, Places("http://127.0.0.1:7072", "http://127.0.0.1:7071"))
    [integration] = await store.list()
    assert integration.enable_personal_vmrs
    assert integration.personal_vmr_oauth_token_endpoint.startswith("http://127.0.0.1:7072/")
    vmrs = VmrStore(storage)
    for _ in range(2):  # as when DATA_DIR still contains them
        await seed_vmrs(vmrs, SystemClock().now())
    for user in ("alice@example.com", "bob@example.com"):
        assert [vmr for vmr in await vmrs.of_owner(INTEGRATION, user) if vmr.aliases]
    assert len({vmr.name for vmr in await vmrs.all()}) == len(await vmrs.all())


async def test_only_the_demos_integration_uses_the_stand_in_for_office_js() -> None:
    store = IntegrationStore(MemoryStorage(), MemorySecrets(), SystemClock(), local=True)
    await seed(store, Places("http://127.0.0.1:7072", "http://127.0.0.1:7071"), seeds({"EWS": "1"}))
    by_uuid = {one.uuid: one for one in await store.list()}
    assert not by_uuid[INTEGRATION].use_custom_add_in_sources
    assert by_uuid[ON_PREMISES.uuid].office_js_url == "http://127.0.0.1:7071/demo/office.js"
