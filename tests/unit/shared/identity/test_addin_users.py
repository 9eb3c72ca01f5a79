"""X5: each integration accepts tokens only from its own authentication method."""

from dataclasses import replace
from typing import Any

import pytest

from shared.errors import NotAuthenticated, Unavailable
from shared.identity.addin_users import OFFICE
from shared.identity.exchange_metadata import ExchangeMetadata
from shared.identity.exchange_token import ExchangeTokens
from shared.identity.proxy_routes import ProxyRoutes
from shared.integrations import Integration
from tests.fakes.clock import FakeClock
from tests.support.addin_users_world import AddInUsersWorld, integration
from tests.support.entra_tokens import ADD_IN, API, STRANGER, Entra

ONLINE = "https://outlook.office365.com/autodiscover/metadata/json/1"


@pytest.fixture
def world() -> AddInUsersWorld:
    return AddInUsersWorld()


async def method_of(world: AddInUsersWorld, integration: Integration, token: str) -> str:
    """The method by which a token is verified; "" if the token is not accepted."""
    try:
        return (await world.users.identify(integration, token)).method
    except NotAuthenticated:
        return ""


@pytest.mark.parametrize("method", ["EXCHANGE_USER_ID_TOKEN", "NAA_TOKEN", "SSO_TOKEN"])
async def test_a_request_without_a_token_is_refused(world: AddInUsersWorld, method: str) -> None:
    with pytest.raises(NotAuthenticated, match="header `token`"):
        await world.users.identify(integration(method), "")


async def test_exchange_users_can_prove_their_identity_with_exchange_tokens_only(world: AddInUsersWorld) -> None:
    chosen = integration("EXCHANGE_USER_ID_TOKEN")
    assert await method_of(world, chosen, world.exchange_token(chosen)) == "exchange_token"
    assert await method_of(world, chosen, world.exchange_token(chosen, ONLINE)) == "exchange_token"
    assert await method_of(world, chosen, world.entra.token()) == ""


async def test_a_token_for_another_integrations_pane_is_refused(world: AddInUsersWorld) -> None:
    chosen = integration("EXCHANGE_USER_ID_TOKEN", uuid=STRANGER)
    other = integration("EXCHANGE_USER_ID_TOKEN", uuid=API)
    assert await method_of(world, chosen, world.exchange_token(other)) == ""


async def test_nested_app_authentication_tokens_are_accepted(world: AddInUsersWorld) -> None:
    chosen = integration("NAA_TOKEN")
    assert await method_of(world, chosen, world.entra.token()) == "entra"
    assert await method_of(world, chosen, world.entra.token(aud=ADD_IN)) == ""
    assert await method_of(world, chosen, world.entra.token(azp=OFFICE[0])) == ""


async def test_single_sign_on_tokens_are_accepted(world: AddInUsersWorld) -> None:
    chosen = integration("SSO_TOKEN")
    for office in OFFICE:
        assert await method_of(world, chosen, world.entra.token(aud=ADD_IN, azp=office)) == "entra"
    assert await method_of(world, chosen, world.entra.token(aud=ADD_IN, azp=ADD_IN)) == ""
    assert await method_of(world, chosen, world.entra.token(azp=OFFICE[0])) == ""


@pytest.mark.parametrize("method", ["NAA_TOKEN", "SSO_TOKEN"])
async def test_on_premises_users_of_a_hybrid_deployment_use_exchange_tokens(
    world: AddInUsersWorld, method: str
) -> None:
    hybrid = integration(method)
    assert await method_of(world, hybrid, world.exchange_token(hybrid)) == "exchange_token"
    assert await method_of(world, hybrid, world.exchange_token(hybrid, ONLINE)) == "", "any tenant could have issued it"
    online = integration(method, domains=[])
    assert await method_of(world, online, world.exchange_token(online)) == ""


@pytest.mark.parametrize("setting", ["graph_tenant_id", "addin_authority_url"])
async def test_metadata_for_all_tenants_is_accepted_only_if_another_setting_names_a_tenant(setting: str) -> None:
    world = AddInUsersWorld()
    world.entra = Entra(world.entra.clock, "common")
    tenant = world.entra.claims()["tid"]
    unnamed = {"graph_tenant_id": None, "graph_client_id": None, "authentication_method": "BASIC"}
    shared = integration("NAA_TOKEN", addin_oidc_metadata_url=world.entra.url, **unnamed)
    assert await method_of(world, shared, world.entra.token()) == ""
    named = {"graph_tenant_id": tenant, "addin_authority_url": f"https://login.microsoftonline.com/{tenant}"}
    chosen = shared.model_copy(update={setting: named[setting]})
    assert await method_of(world, chosen, world.entra.token()) == "entra"


async def test_the_settings_decide_whether_keys_are_fetched_through_the_proxy(world: AddInUsersWorld) -> None:
    """An integration may bypass the web proxy for everything that it fetches (E5)."""

    async def nothing(url: str) -> Any:
        raise Unavailable("The proxy cannot resolve this host.")

    clock = FakeClock()
    routes = ProxyRoutes(nothing, world._fetch)
    exchange = routes.each(lambda fetch: ExchangeTokens(ExchangeMetadata(fetch, clock), clock))
    users = replace(world.users, exchange_tokens=exchange)
    proxied, direct = (integration("EXCHANGE_USER_ID_TOKEN", disable_proxy=disabled) for disabled in (False, True))
    assert await users.identify(direct, world.exchange_token(direct))
    with pytest.raises(Unavailable):
        await users.identify(proxied, world.exchange_token(proxied))
