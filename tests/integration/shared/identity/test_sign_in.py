"""P2, X5: users sign in with Azure or AD FS, and the pane gets a session for them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from dev.provider.registry import ADFS_APP, ENTRA_APP, ENTRA_SECRET, RESOURCE, TENANT
from shared.errors import NotAllowed, NotAuthenticated, NotFound, Unavailable
from shared.identity.caller import Caller
from shared.identity.sign_in import sessions
from shared.identity.sign_in.state_cookie import s256
from shared.identity.signed_tokens import Signed
from shared.integrations import Integration
from tests.support.sign_in_world import KEY, PUBLIC, VERIFIER, SignInWorld, query

Make = Callable[[SignInWorld], Awaitable[Integration]]
PROVIDERS: dict[str, Make] = {"Azure": SignInWorld.azure, "AD FS": SignInWorld.adfs}
both = pytest.mark.parametrize("make", PROVIDERS.values(), ids=PROVIDERS)


@both
async def test_a_user_who_has_signed_in_is_recognized_from_then_on(world: SignInWorld, make: Make) -> None:
    integration = await make(world)
    session = await world.session(integration)
    [record] = world.users.records
    assert (record.email, world.services.identity.users.sessions.is_one(session)) == ("alice@example.com", True)
    caller = await world.services.identity.users.identify(integration, session)
    assert (caller.method, caller.email) == ("session", "alice@example.com")
    assert "alice" not in caller.key
    again = await world.services.identity.users.identify(integration, await world.session(integration))
    assert again == caller, "both sign-ins identify the same caller, who has a single record"
    assert len(world.users.records) == 1
    assert (
        await world.services.identity.users.identify(integration, await world.session(integration, "bob@example.com"))
        != caller
    )


async def test_an_entra_user_is_the_same_caller_with_every_kind_of_token(world: SignInWorld) -> None:
    integration = await world.azure()
    caller = await world.services.identity.users.identify(integration, await world.session(integration))
    assert caller.key == f"entra:{TENANT}:{world.provider.accounts[0].oid}"


async def test_an_ad_fs_user_is_identified_by_issuer_and_sid(world: SignInWorld) -> None:
    caller = await world.services.identity.users.identify(
        integration := await world.adfs(), await world.session(integration)
    )
    assert caller.key == f"adfs:{world.base}/adfs:{world.provider.accounts[0].sid.lower()}"


async def test_the_request_to_azure_has_the_right_parameters(world: SignInWorld) -> None:
    asked = query(await world.start(await world.azure()))
    assert {name: asked[name] for name in ("client_id", "response_type", "response_mode", "scope", "redirect_uri")} == {
        "client_id": ENTRA_APP,
        "response_type": "code",
        "response_mode": "query",
        "scope": "openid profile email",
        "redirect_uri": f"{PUBLIC}/addin/sign-in/callback",
    }
    assert asked["code_challenge_method"] == "S256"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"], s256(VERIFIER)}) == 4
    assert "resource" not in asked


async def test_the_requests_to_the_token_endpoints_have_the_right_parameters(world: SignInWorld) -> None:
    await world.session(await world.azure())
    await world.session(await world.adfs())
    azure, adfs = world.provider.forms
    assert (azure["client_id"], azure["client_secret"]) == (ENTRA_APP, ENTRA_SECRET)
    assert "resource" not in azure
    assert (adfs["client_id"], adfs["resource"]) == (ADFS_APP, RESOURCE)
    assert "client_secret" not in adfs, "the app is a public client of AD FS"


async def test_a_configured_query_is_kept_but_cannot_override_our_parameters(world: SignInWorld) -> None:
    at = f"{world.base}/{TENANT}/oauth2/v2.0/authorize?domain_hint=example.com&state=fixed"
    asked = query(await world.start(await world.azure(personal_vmr_oauth_auth_endpoint=at)))
    assert asked["domain_hint"] == "example.com"
    assert asked["state"] != "fixed"


async def test_nothing_is_stored_before_a_provider_has_identified_the_user(world: SignInWorld) -> None:
    integration = await world.azure()
    before = world.storage.round_trips
    await world.start(integration)
    assert world.storage.round_trips == before


async def test_new_users_are_refused_if_the_settings_do_not_allow_them(world: SignInWorld) -> None:
    integration = await world.azure(allow_new_users=False)
    with pytest.raises(NotAllowed, match="administrator"):
        await world.code(integration)
    assert not world.users.records
    await world.users.signed_in(
        integration.model_copy(update={"allow_new_users": True}), "admin", "alice@example.com", ""
    )
    assert await world.session(integration)


@both
async def test_a_session_ends_when_the_user_record_is_deleted(world: SignInWorld, make: Make) -> None:
    integration = await make(world)
    session = await world.session(integration)
    world.users.records.clear()
    with pytest.raises(NotAuthenticated):
        await world.services.identity.users.identify(integration, session)
    assert await world.session(integration), "a new sign-in creates a new record"
    with pytest.raises(NotAuthenticated):
        await world.services.identity.users.identify(integration, session)


async def test_a_session_expires(world: SignInWorld) -> None:
    session = await world.session(integration := await world.azure())
    world.clock.move(sessions.SESSION_LIFETIME - timedelta(seconds=1))
    assert await world.services.identity.users.identify(integration, session)
    world.clock.move(timedelta(seconds=1))
    with pytest.raises(NotAuthenticated, match="sign in again"):
        await world.services.identity.users.identify(integration, session)


async def test_signing_out_ends_all_sessions_of_this_user_only(world: SignInWorld) -> None:
    integration = await world.azure()
    first, second = await world.session(integration), await world.session(integration)
    bob = await world.session(integration, "bob@example.com")
    await world.sign_in.sign_out(integration.uuid, first)
    for session in (first, second):
        with pytest.raises(NotAuthenticated):
            await world.services.identity.users.identify(integration, session)
    assert await world.services.identity.users.identify(integration, bob)
    for nobody in (first, "", "x"):
        with pytest.raises(NotAuthenticated):
            await world.sign_in.sign_out(integration.uuid, nobody)


async def test_a_session_stays_invalid_after_signing_out_and_in_again(world: SignInWorld) -> None:
    integration = await world.azure()
    stolen = await world.session(integration)
    await world.sign_in.sign_out(integration.uuid, stolen)
    session = await world.session(integration)
    assert await world.services.identity.users.identify(integration, session)
    with pytest.raises(NotAuthenticated, match="sign in again"):
        await world.services.identity.users.identify(integration, stolen)


async def test_a_code_issued_before_a_sign_out_creates_no_session(world: SignInWorld) -> None:
    integration = await world.azure()
    session, code = await world.session(integration), await world.code(integration)
    await world.sign_in.sign_out(integration.uuid, session)
    await world.session(integration)
    late = await world.sign_in.redeem(integration.uuid, code, VERIFIER)
    with pytest.raises(NotAuthenticated, match="sign in again"):
        await world.services.identity.users.identify(integration, late)


@pytest.mark.parametrize(
    ("changes", "is_good"),
    [
        ({"personal_vmr_oauth_client_id": "11111111-2222-3333-4444-555555555555"}, False),
        ({"personal_vmr_oauth_token_endpoint": "https://login.example.com/other/oauth2/v2.0/token"}, False),
        ({"auth_provider": "ADFS"}, False),
        ({"personal_vmr_oauth_client_secret": "another"}, True),
        ({"personal_vmr_instructions_email_template": "Hello"}, True),
    ],
)
async def test_a_session_ends_when_the_provider_is_changed(
    world: SignInWorld, changes: dict[str, Any], is_good: bool
) -> None:
    integration = await world.azure()
    session = await world.session(integration)
    changed = integration.model_copy(update=changes)
    if is_good:
        assert await world.services.identity.users.identify(changed, session)
    else:
        with pytest.raises(NotAuthenticated, match="sign in again"):
            await world.services.identity.users.identify(changed, session)


async def test_a_session_without_a_sign_in_id_is_valid_until_its_user_signs_out(world: SignInWorld) -> None:
    integration = await world.azure()
    code = await world.code(integration)
    owner = await world.sign_in.codes.redeem(integration.uuid, code, VERIFIER)
    user = world.users.records[0]
    user.keys[integration.uuid, owner.subject] = ""
    stated = {"integration": integration.uuid, "user": user.uuid, "subject": owner.subject}
    old = Signed(KEY, "session", world.clock).sign(stated, timedelta(days=30))
    assert await world.services.identity.users.identify(integration, old)
    await world.sign_in.sign_out(integration.uuid, old)
    await world.session(integration)
    with pytest.raises(NotAuthenticated, match="sign in again"):
        await world.services.identity.users.identify(integration, old)


@pytest.mark.parametrize(
    ("key", "is_remembered"),
    [
        (f"entra:{TENANT}:00000000-0000-0000-0000-00000000abcd", False),
        ("entra:99999999-0000-0000-0000-000000000000:00000000-0000-0000-0000-00000000abcd", True),
        ("exchange:alice@corp:https://mail.example.com/x", True),
    ],
)
async def test_an_outlook_token_from_another_account_in_the_same_tenant_is_not_remembered(
    world: SignInWorld, key: str, is_remembered: bool
) -> None:
    async def identify(_integration: Integration, _token: str) -> Caller:
        return Caller(key, "test")

    integration = await world.azure()
    world.services.identity.__dict__["sign_in"] = replace(world.sign_in, identify=identify)
    assert await world.session(integration, token="outlook"), "the sign-in succeeds anyway"
    assert (await world.users.known(integration, key) is not None) is is_remembered


async def test_a_session_is_valid_in_its_own_integration_only(world: SignInWorld) -> None:
    session = await world.session(await world.azure())
    other = await world.adfs()
    with pytest.raises(NotAuthenticated):
        await world.services.identity.users.identify(other, session)


async def test_an_outlook_token_is_remembered_so_that_the_user_is_not_asked_again(world: SignInWorld) -> None:
    async def identify(_integration: Integration, token: str) -> Caller:
        if token != "outlook":
            raise NotAuthenticated("no")
        return Caller("exchange:alice", "exchange_token")

    integration = await world.azure()
    world.services.identity.__dict__["sign_in"] = replace(world.sign_in, identify=identify)
    await world.session(integration, token="outlook")
    known = await world.users.known(integration, "exchange:alice")
    assert known is not None
    assert known.email == "alice@example.com"
    assert await world.session(integration, token="forged"), "the sign-in succeeds anyway"


async def test_sign_ins_survive_a_key_rollover(world: SignInWorld) -> None:
    integration = await world.azure()
    await world.session(integration)
    world.provider.keys.roll()
    world.clock.move(timedelta(minutes=5))
    assert await world.session(integration)


async def test_two_concurrent_dialogs_do_not_interfere_with_each_other(world: SignInWorld) -> None:
    integration = await world.azure()
    first, second = await world.start(integration), await world.start(integration)
    assert await world.callback(await world.at_provider(second))
    assert await world.callback(await world.at_provider(first))


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"personal_vmr_oauth_token_endpoint": ""}, "token"),
        ({"personal_vmr_oauth_auth_endpoint": ""}, "authorization"),
        ({"personal_vmr_oauth_client_id": ""}, "client ID"),
        ({"personal_vmr_oauth_token_endpoint": "https://login.example.com/x/token"}, "/oauth2/v2.0/token"),
        ({"personal_vmr_oauth_token_endpoint": "https://login.example.com/common/oauth2/v2.0/token"}, "tenant"),
    ],
)
async def test_an_error_lists_settings_that_cannot_work(world: SignInWorld, change: dict[str, Any], hint: str) -> None:
    integration = await world.azure(**change)
    with pytest.raises(Unavailable, match=hint):
        await world.start(integration)


async def test_an_error_says_which_secret_is_missing(world: SignInWorld) -> None:
    integration = await world.azure(personal_vmr_oauth_client_secret="")
    answer = await world.at_provider(await world.start(integration))
    with pytest.raises(Unavailable, match="client secret"):
        await world.callback(answer)


async def test_a_missing_integration_has_no_sign_in(world: SignInWorld) -> None:
    with pytest.raises(NotFound):
        await world.sign_in.start("22222222-2222-4222-8222-222222222222", s256(VERIFIER))


async def test_the_redirect_uri_is_on_the_configured_add_in_server(world: SignInWorld) -> None:
    """No request can change the redirect URI, so users cannot be redirected elsewhere."""
    url = await world.start(await world.azure())
    assert url.startswith(f"{world.base}/{TENANT}/oauth2/v2.0/authorize?")
    assert urlsplit(query(url)["redirect_uri"])[:2] == urlsplit(PUBLIC)[:2]
