"""E3: an admin signs in the service account. The sign-in remains valid until a documented event ends it."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import jwt
import pytest

from dev.provider.registry import SERVICE_APP, TENANT
from shared.alarms import Alarm
from shared.errors import Conflict, InvalidRequest, NotAllowed, NotAuthenticated, SettingsInvalid, Unavailable
from shared.identity.service_account import SIGN_IN_LINK_LIFETIME
from shared.identity.service_tokens import EWS_RESOURCE, GRAPH_RESOURCE, RENEW_TOKEN_BEFORE, SignInNeeded
from shared.identity.sign_in.endpoint import SignInRefused
from shared.integrations import Integration
from tests.support.sign_in_world import PUBLIC, SignInWorld, query

SERVICE = "service@example.com"


async def signed_in(world: SignInWorld, **changes: Any) -> Integration:
    """Create an integration, and sign in its service account."""
    integration = await world.oauth(**changes)
    link = await world.services.administration.service_accounts.start(integration.uuid)
    return await world.services.administration.service_accounts.finish(await world.at_provider(link.url, SERVICE))


async def alarms(world: SignInWorld, integration: Integration) -> list[Alarm]:
    return [alarm async for alarm in world.services.foundation.alarms.of(integration.uuid)]


async def refresh_token(world: SignInWorld, integration: Integration) -> str | None:
    secret = await world.services.foundation.integrations.secret(integration.uuid, "oauth_refresh_token")
    return secret.get_secret_value() if secret else None


async def test_the_link_leads_to_the_providers_sign_in_page(world: SignInWorld) -> None:
    integration = await world.oauth()
    link = await world.services.administration.service_accounts.start(integration.uuid)
    asked = query(link.url)
    assert link.url.startswith(f"{world.base}/{TENANT}/oauth2/authorize?")
    assert asked["client_id"] == SERVICE_APP
    assert asked["redirect_uri"] == link.redirect_uri == f"{PUBLIC}/service-account/oauth_redirect"
    assert asked["resource"] == EWS_RESOURCE
    assert (asked["prompt"], asked["login_hint"]) == ("login", SERVICE)
    assert asked["code_challenge_method"] == "S256"
    assert link.expires == world.clock.now() + SIGN_IN_LINK_LIFETIME


async def test_signing_in_stores_a_refresh_token(world: SignInWorld) -> None:
    integration = await signed_in(world)
    assert integration.oauth_state is None
    assert await refresh_token(world, integration) in world.provider.refresh_tokens
    token = await world.services.identity.service_tokens.token(integration.uuid)
    assert jwt.decode(token.get_secret_value(), options={"verify_signature": False})["aud"] == EWS_RESOURCE
    assert not await alarms(world, integration)


async def test_tokens_are_for_the_server_in_the_ews_url(world: SignInWorld) -> None:
    """National clouds have their own Exchange Online."""
    other = "https://outlook.office365.us"
    integration = await world.oauth(url=f"{other}/EWS/Exchange.asmx")
    link = await world.services.administration.service_accounts.start(integration.uuid)
    assert query(link.url)["resource"] == other
    await world.services.administration.service_accounts.finish(await world.at_provider(link.url, SERVICE))
    await world.services.identity.service_tokens.token(integration.uuid)
    await renewed_at_night(world, integration)
    assert {form["resource"] for form in world.provider.forms} == {other}


async def test_the_same_sign_in_also_provides_tokens_for_delegated_graph(world: SignInWorld) -> None:
    integration = await signed_in(world)
    token = await world.services.identity.service_tokens.token(integration.uuid, GRAPH_RESOURCE)
    assert jwt.decode(token.get_secret_value(), options={"verify_signature": False})["aud"] == GRAPH_RESOURCE


async def test_an_app_registration_without_graph_raises_no_alarm(world: SignInWorld) -> None:
    """The mailbox does not need Graph, and success with Graph does not clear an alarm about EWS."""
    integration = await signed_in(world)
    world.provider.refuse_next = "invalid_grant", 65001
    with pytest.raises(SignInNeeded):
        await world.services.identity.service_tokens.token(integration.uuid, GRAPH_RESOURCE)
    assert not await alarms(world, integration)
    world.provider.refuse_next = "invalid_grant", 65001
    with pytest.raises(SignInNeeded):
        await world.services.identity.service_tokens.token(integration.uuid)
    assert await world.services.identity.service_tokens.token(integration.uuid, GRAPH_RESOURCE)
    assert len(await alarms(world, integration)) == 1


async def test_a_confidential_application_sends_its_client_secret(world: SignInWorld) -> None:
    integration = await world.oauth(oauth_client_secret="app-secret")
    link = await world.services.administration.service_accounts.start(integration.uuid)
    with pytest.raises(SignInRefused, match="client secret"):  # registered with the provider as a public client
        await world.services.administration.service_accounts.finish(await world.at_provider(link.url, SERVICE))
    assert world.provider.forms[-1]["client_secret"] == "app-secret"


async def test_an_access_token_is_cached_and_renewed_before_it_expires(world: SignInWorld) -> None:
    integration = await signed_in(world)
    tokens = world.services.identity.service_tokens
    first, *others = await asyncio.gather(*(tokens.token(integration.uuid) for _ in range(10)))
    assert others == [first] * 9
    renewals = len(world.provider.forms)
    world.clock.move(timedelta(hours=1) - RENEW_TOKEN_BEFORE - timedelta(seconds=1))
    assert await tokens.token(integration.uuid) == first
    assert len(world.provider.forms) == renewals
    world.clock.move(timedelta(seconds=1))
    assert await tokens.token(integration.uuid) != first


async def renewed_at_night(world: SignInWorld, integration: Integration) -> None:
    now = await world.services.foundation.integrations.get(integration.uuid)
    await world.services.identity.service_tokens.renew(now)


async def test_the_refresh_token_is_renewed_every_night(world: SignInWorld) -> None:
    integration, other = await signed_in(world), await world.azure()
    before = await refresh_token(world, integration)
    await renewed_at_night(world, integration)
    after = await refresh_token(world, integration)
    assert before != after
    assert after in world.provider.refresh_tokens
    assert not await alarms(world, integration) + await alarms(world, other)


async def test_a_renewal_never_overwrites_a_newer_sign_in(world: SignInWorld) -> None:
    before = await signed_in(world)
    link = await world.services.administration.service_accounts.start(before.uuid)
    await world.services.administration.service_accounts.finish(await world.at_provider(link.url, SERVICE))
    newest = await refresh_token(world, before)
    with pytest.raises(Conflict):
        await world.services.identity.service_tokens._renew(before)
    assert await refresh_token(world, before) == newest


# ---- what ends a sign-in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"username": "other@example.com"},
        {"oauth_client_id": "1b2c3d4e-0000-4000-8000-000000000001"},
        {"oauth_token_endpoint": "https://login.example.com/x/oauth2/token"},
    ],
)
async def test_changes_listed_in_the_product_definition_require_a_new_sign_in(
    world: SignInWorld, change: dict[str, Any]
) -> None:
    integration = await signed_in(world)
    assert await world.services.identity.service_tokens.token(integration.uuid)
    await world.services.foundation.integrations.update(integration.uuid, change)
    with pytest.raises(SignInNeeded):
        await world.services.identity.service_tokens.token(integration.uuid)
    [alarm] = await alarms(world, integration)
    assert alarm.kind == "sign_in_needed"
    assert "sign_in/" in alarm.remedy


async def test_switching_oauth_off_and_on_requires_a_new_sign_in(world: SignInWorld) -> None:
    integration = await signed_in(world)
    await world.services.foundation.integrations.update(integration.uuid, {"authentication_method": "GRAPH"})
    await world.services.foundation.integrations.update(integration.uuid, {"authentication_method": "OAUTH"})
    with pytest.raises(SignInNeeded):
        await world.services.identity.service_tokens.token(integration.uuid)


async def test_other_changes_keep_the_sign_in(world: SignInWorld) -> None:
    integration = await signed_in(world)
    await world.services.foundation.integrations.update(
        integration.uuid, {"name": "Another", "meeting_buffer_before": 7}
    )
    assert await world.services.identity.service_tokens.token(integration.uuid)


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (50173, "password was changed"),
        (50076, "multi-factor"),
        (50078, "multi-factor authentication has expired"),
        (700082, "not been used for 90 days"),
        (50057, "disabled"),
        (53003, "Conditional Access"),
        (65001, "consent"),
        (7000222, "secret has expired"),
        (99999, "AADSTS99999"),
    ],
)
async def test_a_refusal_by_entra_becomes_an_alarm_with_its_cause(world: SignInWorld, number: int, cause: str) -> None:
    integration = await signed_in(world)
    world.provider.refuse_next = "invalid_grant", number
    with pytest.raises(SignInNeeded, match=cause):
        await world.services.identity.service_tokens.token(integration.uuid)
    [alarm] = await alarms(world, integration)
    assert cause in alarm.cause
    assert "alice" not in alarm.cause, "the alarm does not quote the provider"
    assert await world.services.identity.service_tokens.token(integration.uuid)
    assert not await alarms(world, integration), "the alarm is cleared once the refusal ends"


async def test_a_failed_nightly_renewal_raises_an_alarm_and_does_not_affect_the_others(world: SignInWorld) -> None:
    broken = await signed_in(world)
    world.provider.refresh_tokens.clear()
    sound = await signed_in(world)
    before = await refresh_token(world, sound)
    for integration in (broken, sound):
        await renewed_at_night(world, integration)
    [alarm] = await alarms(world, broken)
    assert "password was changed" in alarm.cause
    assert await refresh_token(world, sound) != before


async def test_a_busy_provider_does_not_require_a_new_sign_in(world: SignInWorld) -> None:
    integration = await signed_in(world)
    world.provider.refuse_next = "temporarily_unavailable", 90033
    with pytest.raises(Unavailable):
        await world.services.identity.service_tokens.token(integration.uuid)
    assert not await alarms(world, integration)


async def test_signing_in_again_clears_the_alarm(world: SignInWorld) -> None:
    integration = await signed_in(world)
    world.provider.refresh_tokens.clear()
    with pytest.raises(SignInNeeded):
        await world.services.identity.service_tokens.token(integration.uuid)
    link = await world.services.administration.service_accounts.start(integration.uuid)
    await world.services.administration.service_accounts.finish(await world.at_provider(link.url, SERVICE))
    assert not await alarms(world, integration)
    assert await world.services.identity.service_tokens.token(integration.uuid)


# ---- attacks and mistakes ----------------------------------------------------------------------------------------


async def test_accounts_other_than_the_service_account_are_refused(world: SignInWorld) -> None:
    integration = await world.oauth()
    link = await world.services.administration.service_accounts.start(integration.uuid)
    with pytest.raises(NotAllowed, match="private window"):
        await world.services.administration.service_accounts.finish(
            await world.at_provider(link.url, "alice@example.com")
        )
    assert await refresh_token(world, integration) is None
    await world.services.administration.service_accounts.finish(await world.at_provider(link.url, SERVICE))


async def test_a_sign_in_can_be_finished_only_once(world: SignInWorld) -> None:
    integration = await world.oauth()
    link = await world.services.administration.service_accounts.start(integration.uuid)
    first, second = await world.at_provider(link.url, SERVICE), await world.at_provider(link.url, SERVICE)
    await world.services.administration.service_accounts.finish(first)
    for answer in (first, second):
        with pytest.raises(NotAuthenticated, match="new link"):
            await world.services.administration.service_accounts.finish(answer)


async def test_a_new_link_invalidates_the_earlier_one(world: SignInWorld) -> None:
    integration = await world.oauth()
    early = await world.services.administration.service_accounts.start(integration.uuid)
    late = await world.services.administration.service_accounts.start(integration.uuid)
    with pytest.raises(NotAuthenticated):
        await world.services.administration.service_accounts.finish(await world.at_provider(early.url, SERVICE))
    assert await world.services.administration.service_accounts.finish(await world.at_provider(late.url, SERVICE))


async def test_changed_settings_invalidate_the_link(world: SignInWorld) -> None:
    integration = await world.oauth()
    link = await world.services.administration.service_accounts.start(integration.uuid)
    await world.services.foundation.integrations.update(integration.uuid, {"username": "other@example.com"})
    with pytest.raises(NotAuthenticated):
        await world.services.administration.service_accounts.finish(await world.at_provider(link.url, SERVICE))


async def test_a_link_is_valid_for_an_hour(world: SignInWorld) -> None:
    integration = await world.oauth()
    link = await world.services.administration.service_accounts.start(integration.uuid)
    answer = await world.at_provider(link.url, SERVICE)
    world.clock.move(SIGN_IN_LINK_LIFETIME)
    with pytest.raises(NotAuthenticated):
        await world.services.administration.service_accounts.finish(answer)


async def test_states_cannot_be_swapped_or_forged(world: SignInWorld) -> None:
    one, other = await world.oauth(), await world.oauth()
    link = await world.services.administration.service_accounts.start(one.uuid)
    others = await world.services.administration.service_accounts.start(other.uuid)
    answer = await world.at_provider(link.url, SERVICE)
    with pytest.raises(SignInRefused):  # the code's challenge was made from the other verifier
        await world.services.administration.service_accounts.finish(answer | {"state": query(others.url)["state"]})
    settings = await world.services.foundation.integrations.get(one.uuid)
    for state in ("", "x", settings.oauth_state or "", one.uuid, "A" * 10_000_000):
        with pytest.raises(NotAuthenticated):
            await world.services.administration.service_accounts.finish({"state": state, "code": "x"})


async def test_the_admin_can_cancel_the_sign_in(world: SignInWorld) -> None:
    link = await world.services.administration.service_accounts.start((await world.oauth()).uuid)
    with pytest.raises(SignInRefused, match="cancelled"):
        await world.services.administration.service_accounts.finish(await world.at_provider(link.url, cancel="1"))
    with pytest.raises(InvalidRequest):
        await world.services.administration.service_accounts.finish({"state": query(link.url)["state"]})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"authentication_method": "GRAPH"}, "authentication_method"),
        ({"oauth_auth_endpoint": "https://login.example.com/x/oauth2/v2.0/authorize"}, "oauth_auth_endpoint"),
        ({"oauth_token_endpoint": "https://login.example.com/x/oauth2/v2.0/token"}, "oauth_token_endpoint"),
        (
            {"oauth_redirect_uri": "https://vmr.example.com/admin/platform/msexchangeconnector/oauth_redirect/"},
            "oauth_redirect_uri",
        ),
    ],
)
async def test_settings_that_cannot_work_are_reported_before_a_sign_in(
    world: SignInWorld, change: dict[str, Any], field: str
) -> None:
    # Without single-use VMRs, these settings are unused and can be saved even if they cannot work.
    integration = await world.oauth(enable_dynamic_vmrs=False, **change)
    with pytest.raises(SettingsInvalid) as refused:
        await world.services.administration.service_accounts.start(integration.uuid)
    assert list(refused.value.faults) == [field]


async def test_no_secret_is_logged_or_shown(world: SignInWorld, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        integration = await signed_in(world)
        token = await world.services.identity.service_tokens.token(integration.uuid)
        await renewed_at_night(world, integration)
    shown = caplog.text + str(integration.resource()) + str(await alarms(world, integration)) + repr(token)
    secrets = [*world.provider.refresh_tokens, token.get_secret_value()]
    assert not any(secret in shown for secret in secrets)
