"""Attacks on a sign-in, and the messages that attackers and legitimate users get."""

import base64
import hmac
import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from dev.provider.keys import Keys
from dev.provider.registry import RESOURCE, TENANT
from shared.bookings.rows import SIGN_IN_PARTITION
from shared.errors import InvalidRequest, NotAllowed, NotAuthenticated, SchedulingError, Unavailable
from shared.identity.sign_in import codes, state_cookie
from shared.identity.sign_in.endpoint import SignInRefused, refusal
from shared.identity.sign_in.state_cookie import Attempts, s256
from shared.identity.signed_tokens import Signed
from shared.integrations import Integration
from tests.fakes.clock import FakeClock
from tests.support.sign_in_world import KEY, VERIFIER, SignInWorld, a_world

STRANGER = "1b2c3d4e-0000-4000-8000-000000000001"

# ---- the provider's tokens ---------------------------------------------------------------------------------------

WRONG: dict[str, dict[str, Any]] = {
    "expired": {"exp": 0},
    "from the future": {"iat": 9_999_999_999, "nbf": 9_999_999_999, "exp": 9_999_999_999},
    "no expiry": {"exp": None},
    "another audience": {"aud": STRANGER},
    "several audiences": {"aud": [STRANGER]},
    "another issuer": {"iss": "https://evil.example/v2.0"},
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
}
AZURE_WRONG = WRONG | {
    "another tenant": {"tid": STRANGER},
    "another tenant and its issuer": {"tid": STRANGER, "iss": f"https://login.microsoftonline.com/{STRANGER}/v2.0"},
    "version 1.0": {"ver": "1.0"},
    "no user": {"oid": None},
}
ADFS_WRONG = WRONG | {"another client's": {"appid": STRANGER}, "no user": {"sid": None, "upn": None}}


@pytest.mark.parametrize("claims", AZURE_WRONG.values(), ids=AZURE_WRONG)
async def test_an_azure_token_with_a_wrong_claim_is_refused(world: SignInWorld, claims: dict[str, Any]) -> None:
    await _refused(world, await world.azure(), claims)


@pytest.mark.parametrize("claims", ADFS_WRONG.values(), ids=ADFS_WRONG)
async def test_an_ad_fs_token_with_a_wrong_claim_is_refused(world: SignInWorld, claims: dict[str, Any]) -> None:
    await _refused(world, await world.adfs(), claims)


async def _refused(world: SignInWorld, integration: Integration, claims: dict[str, Any]) -> None:
    world.provider.accounts[0].claims = claims
    answer = await world.at_provider(await world.start(integration))
    with pytest.raises(NotAuthenticated, match="sign in again"):
        await world.callback(answer)
    assert not world.users.records


class Forger(Keys):
    """The keys of an impostor, who publishes the provider's keys but signs with `forge`."""

    def __init__(self, keys: Keys, forge: Callable[[Keys, dict[str, Any]], Any]) -> None:
        super().__init__()
        self._real = keys
        self._forge = forge
        self.asked = 0

    def sign(self, claims: dict[str, Any]) -> Any:
        return self._forge(self._real, {name: value for name, value in claims.items() if value is not None})

    def document(self, issuer: str = "") -> dict[str, Any]:
        self.asked += 1
        return self._real.document(issuer)


class Endless(Keys):
    """A key document that is too large to be read."""

    def document(self, issuer: str = "") -> dict[str, Any]:
        return {"keys": ["x" * 70_000] * 100}


def none(keys: Keys, claims: dict[str, Any]) -> str:
    return f"{_encoded({'alg': 'none', 'kid': _kid(keys)})}.{_encoded(claims)}."


def public_key_as_secret(keys: Keys, claims: dict[str, Any]) -> str:
    public = jwt.PyJWK(keys.document()["keys"][0], algorithm="RS256").key
    secret = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = f"{_encoded({'alg': 'HS256', 'kid': _kid(keys)})}.{_encoded(claims)}"
    signature = base64.urlsafe_b64encode(hmac.digest(secret, text.encode(), "sha256"))
    return f"{text}.{signature.decode().rstrip('=')}"


def own_key(keys: Keys, claims: dict[str, Any]) -> str:
    headers = {"kid": _kid(keys), "jku": "https://evil.example/"}
    return jwt.encode(claims, rsa.generate_private_key(65537, 2048), algorithm="RS256", headers=headers)


def unknown_key(_keys: Keys, claims: dict[str, Any]) -> str:
    return Keys().sign(claims)


def ten_megabytes(_keys: Keys, _claims: dict[str, Any]) -> str:
    return "A" * 10_000_000


def long(keys: Keys, claims: dict[str, Any]) -> str:
    return keys.sign(claims | {"padding": "A" * 20_000})


def a_number(_keys: Keys, _claims: dict[str, Any]) -> int:
    return 7


FORGERIES = {
    none: NotAuthenticated,
    public_key_as_secret: NotAuthenticated,
    own_key: NotAuthenticated,
    unknown_key: NotAuthenticated,
    long: NotAuthenticated,
    ten_megabytes: Unavailable,  # a response of this size is not read completely
    a_number: NotAuthenticated,
}


def _kid(keys: Keys) -> str:
    return str(keys.document()["keys"][0]["kid"])


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


@pytest.mark.parametrize("make", [SignInWorld.azure, SignInWorld.adfs], ids=["Azure", "AD FS"])
@pytest.mark.parametrize(("forge", "refusal"), FORGERIES.items(), ids=[forge.__name__ for forge in FORGERIES])
async def test_a_forged_token_is_refused(world: SignInWorld, make: Any, forge: Any, refusal: type[Exception]) -> None:
    answer = await world.at_provider(await world.start(await make(world)))
    world.provider.keys = Forger(world.provider.keys, forge)
    with pytest.raises(refusal):
        await world.callback(answer)
    assert not world.users.records


async def test_unknown_keys_are_looked_up_only_once_every_few_minutes(world: SignInWorld) -> None:
    integration = await world.azure()
    await world.session(integration)
    world.provider.keys = forger = Forger(world.provider.keys, unknown_key)
    world.clock.move(timedelta(minutes=6))
    for _ in range(5):
        answer = await world.at_provider(await world.start(integration))
        with pytest.raises(NotAuthenticated):
            await world.callback(answer)
    assert forger.asked == 1


async def test_an_endless_key_document_counts_as_an_outage(world: SignInWorld) -> None:
    answer = await world.at_provider(await world.start(await world.azure()))
    world.provider.keys = Endless()
    with pytest.raises(Unavailable):
        await world.callback(answer)


@pytest.mark.parametrize("skew", [timedelta(minutes=-4), timedelta(minutes=4)])
async def test_clocks_may_differ_by_a_few_minutes(world: SignInWorld, skew: timedelta) -> None:
    integration = await world.azure()
    answer = await world.at_provider(await world.start(integration))
    now = world.clock.now()
    world.provider.clock = lambda: now + skew
    assert await world.callback(answer)


# ---- addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"email": None},
        {"email": ""},
        {"email": "no address"},
        {"email": "boß@example.com"},
        {"email": "boſs@example.com"},
        {"email": "\u212aim@example.com"},
        {"email": ["alice@example.com"]},
        {"email": "a" * 100 + "@example.com"},
        {"email": "alice@example.com\nBcc: x@example.com"},
        {"xms_edov": False},
        {"xms_edov": "0"},
        {"email_verified": False},
        {"idp": f"https://sts.windows.net/{STRANGER}/"},
        {"idp": "live.com"},
    ],
)
async def test_an_unverified_address_is_refused(world: SignInWorld, claims: dict[str, Any]) -> None:
    """The claim preferred_username is always present, but users can change it, so it proves nothing."""
    world.provider.accounts[0].claims = claims
    answer = await world.at_provider(await world.start(await world.azure()))
    with pytest.raises(NotAllowed, match="no usable e-mail address"):
        await world.callback(answer)
    assert not world.users.records


@pytest.mark.parametrize(
    "claims",
    [
        {"idp": f"https://sts.windows.net/{TENANT}/"},
        {"idp": f"https://sts.windows.net/{STRANGER}/", "xms_edov": True},
        {"idp": f"https://sts.windows.net/{STRANGER}/", "xms_edov": "1"},
    ],
)
async def test_a_guests_address_counts_if_the_owner_of_its_domain_is_verified(
    world: SignInWorld, claims: dict[str, Any]
) -> None:
    """An attacker can create a tenant with a user who has any address, and have this user invited as a guest."""
    world.provider.accounts[0].claims = claims
    await world.session(await world.azure())
    assert world.users.records[0].email == "alice@example.com"


ADFS_FORMS: dict[str, dict[str, Any]] = {
    "without claim rules, an access token contains nothing about its user": {"upn": None, "email": None},
    "the alternative form of the audience": {"aud": f"microsoft:identityserver:{RESOURCE}"},
}


@pytest.mark.parametrize("claims", ADFS_FORMS.values(), ids=ADFS_FORMS)
async def test_all_forms_of_ad_fs_access_tokens_are_accepted(world: SignInWorld, claims: dict[str, Any]) -> None:
    def sign(keys: Keys, stated: dict[str, Any]) -> str:
        return keys.sign(stated | claims if "appid" in stated else stated)

    world.provider.keys = Forger(world.provider.keys, sign)
    await world.session(await world.adfs())
    assert world.users.records[0].email == "alice@example.com"


async def test_ad_fs_may_provide_only_the_upn(world: SignInWorld) -> None:
    world.provider.accounts[0].claims = {"email": None, "upn": "Alice@Example.com"}
    await world.session(await world.adfs())
    assert world.users.records[0].email == "alice@example.com"


@pytest.mark.parametrize("upn", ["boß@example.com", "\u212aim@example.com"])
async def test_a_upn_that_only_folds_to_another_address_is_not_accepted(world: SignInWorld, upn: str) -> None:
    world.provider.accounts[0].claims = {"email": None, "upn": upn}
    with pytest.raises(NotAllowed):
        await world.session(await world.adfs())
    world.provider.accounts[0].claims = {"sid": None, "upn": upn}
    with pytest.raises(NotAuthenticated):
        await world.session(await world.adfs())
    assert not world.users.records


async def test_an_id_token_and_access_token_of_different_people_are_refused(world: SignInWorld) -> None:
    integration = await world.adfs()
    answer = await world.at_provider(await world.start(integration))
    names = iter(["alice@example.com", "bob@example.com"])
    world.provider.keys = Forger(world.provider.keys, lambda keys, claims: keys.sign(claims | {"upn": next(names)}))
    with pytest.raises(NotAuthenticated):
        await world.callback(answer)


# ---- state, cookie, code -----------------------------------------------------------------------------------------


async def test_a_callback_can_be_used_only_once(world: SignInWorld) -> None:
    answer = await world.at_provider(await world.start(await world.azure()))
    assert await world.callback(answer)
    with pytest.raises(SchedulingError):
        await world.callback(answer)


async def test_a_state_can_be_used_only_once_even_with_another_code(world: SignInWorld) -> None:
    integration = await world.azure()
    url = await world.start(integration)
    first, second = await world.at_provider(url), await world.at_provider(url)
    assert await world.callback(first)
    with pytest.raises(NotAuthenticated):
        await world.callback(second)


async def test_states_cannot_be_swapped(world: SignInWorld) -> None:
    """A code is useless with the state of another sign-in, whose PKCE verifier differs."""
    integration = await world.azure()
    alice = await world.at_provider(await world.start(integration))
    mallory = await world.at_provider(await world.start(integration, "m" * 43), "bob@example.com")
    with pytest.raises(SignInRefused):
        await world.callback(alice | {"state": mallory["state"]})


async def test_a_sign_in_must_be_finished_in_the_browser_that_started_it(world: SignInWorld) -> None:
    """Otherwise a user could be tricked into signing in for an attacker's pane."""
    answer = await world.at_provider(await world.start(await world.azure()))
    world.cookies.clear()
    with pytest.raises(NotAuthenticated, match="not started in this window"):
        await world.callback(answer)


@pytest.mark.parametrize(
    "state", ["", "x", "a" * 43, "../../etc", "a" * 10_000, "%00", "é" * 43, "=; Path=/", "\r\nSet-Cookie: x=y"]
)
async def test_invented_states_are_refused(world: SignInWorld, state: str) -> None:
    await world.start(await world.azure())
    with pytest.raises(NotAuthenticated):
        await world.callback({"state": state, "code": "x"})
    with pytest.raises(NotAuthenticated):
        await world.callback({"code": "x"})


async def test_a_cookie_from_another_attempt_or_for_another_purpose_is_ignored(world: SignInWorld) -> None:
    integration = await world.azure()
    answer = await world.at_provider(await world.start(integration))
    [name] = world.cookies
    claims = {"state": answer["state"], "integration": integration.uuid, "challenge": s256(VERIFIER)}
    forgeries = [
        Signed(KEY, "session", world.clock).sign(claims, timedelta(hours=1)),
        Signed(b"another key" * 4, "attempt", world.clock).sign(claims, timedelta(hours=1)),
        Signed(KEY, "attempt", world.clock).sign(claims | {"state": "a" * 43}, timedelta(hours=1)),
        jwt.encode(claims | {"exp": 9_999_999_999}, "", algorithm="none", headers={"typ": "vmr-attempt+jwt"}),
        "A" * 100_000,
    ]
    for forged in forgeries:
        world.cookies[name] = forged
        with pytest.raises(NotAuthenticated):
            await world.callback(answer)


async def test_a_sign_in_may_take_at_most_a_quarter_of_an_hour(world: SignInWorld) -> None:
    answer = await world.at_provider(await world.start(await world.azure()))
    world.clock.move(state_cookie.STATE_COOKIE_LIFETIME)
    with pytest.raises(NotAuthenticated, match="15 minutes"):
        await world.callback(answer)


async def test_cookies_are_bound_to_this_host_and_hidden_from_scripts(world: SignInWorld) -> None:
    integration = await world.azure()
    _, cookie = await world.sign_in.start(integration.uuid, s256(VERIFIER))
    name, *attributes = cookie.split("; ")
    assert name.startswith("__Host-")
    assert attributes == ["Max-Age=900", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"]


@pytest.mark.parametrize("challenge", ["", "x", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "\n", "é" * 43])
async def test_a_sign_in_must_be_started_with_a_valid_challenge(world: SignInWorld, challenge: str) -> None:
    integration = await world.azure()
    with pytest.raises(InvalidRequest):
        await world.sign_in.start(integration.uuid, challenge)


@given(st.text(max_size=200), st.text(max_size=200))
def test_random_cookies_and_states_are_refused(state: str, cookies: str) -> None:
    with pytest.raises(NotAuthenticated):
        Attempts(KEY, FakeClock()).resume(state, cookies)


ODD_COOKIES = st.text(st.characters(codec="utf-8", exclude_characters=";")) | st.sampled_from(
    ['prefs={"lang":"de"}', "user=José", "no-value", "=", 'a="x', "a=b=c", "\x00", "__Host-sign-in-00000000=x", "a,b=c"]
)


@given(st.lists(ODD_COOKIES), st.lists(ODD_COOKIES), st.sampled_from(["; ", ";", " ;  "]))
def test_other_cookies_have_no_effect_whatever_they_contain(before: list[str], after: list[str], between: str) -> None:
    """Scripts on a parent domain may set any cookies."""
    attempts = Attempts(KEY, FakeClock())
    state, cookie = attempts.start("uuid", s256(VERIFIER))
    others = [each for each in before if not each.strip().startswith(cookie.partition("=")[0])]
    header = between.join([*others, cookie.partition(";")[0], *after])
    assert attempts.resume(state, header).integration == "uuid"


@pytest.mark.parametrize("code", ["", "x" * 8193])
async def test_a_callback_without_a_code_is_refused(world: SignInWorld, code: str) -> None:
    answer = await world.at_provider(await world.start(await world.azure()))
    with pytest.raises(InvalidRequest):
        await world.callback({"state": answer["state"], "code": code})


# ---- one-time codes and sessions ---------------------------------------------------------------------------------


async def test_a_one_time_code_can_be_used_only_once(world: SignInWorld) -> None:
    integration = await world.azure()
    code = await world.code(integration)
    assert await world.sign_in.redeem(integration.uuid, code, VERIFIER)
    with pytest.raises(NotAuthenticated):
        await world.sign_in.redeem(integration.uuid, code, VERIFIER)


async def test_a_one_time_code_is_valid_for_a_minute(world: SignInWorld) -> None:
    integration = await world.azure()
    first, second = await world.code(integration), await world.code(integration)
    world.clock.move(codes.ONE_TIME_CODE_LIFETIME - timedelta(seconds=1))
    assert await world.sign_in.redeem(integration.uuid, first, VERIFIER)
    world.clock.move(timedelta(seconds=1))
    with pytest.raises(NotAuthenticated):
        await world.sign_in.redeem(integration.uuid, second, VERIFIER)


async def test_a_stolen_one_time_code_cannot_be_redeemed(world: SignInWorld) -> None:
    integration, other = await world.azure(), await world.adfs()
    code = await world.code(integration)
    key, secret = code.split(".")
    for thief in [
        (integration.uuid, code, "another verifier"),
        (integration.uuid, code, s256(VERIFIER)),
        (other.uuid, code, VERIFIER),
        (integration.uuid, f"{key}.{'A' * 43}", VERIFIER),
        (integration.uuid, f"{key}.", VERIFIER),
        (integration.uuid, secret, VERIFIER),
        (integration.uuid, "", ""),
        (integration.uuid, "x" * 10_000, VERIFIER),
    ]:
        with pytest.raises(NotAuthenticated):
            await world.sign_in.redeem(*thief)
    assert await world.sign_in.redeem(integration.uuid, code, VERIFIER), "the code's owner can still use it"


async def test_codes_are_not_stored(world: SignInWorld) -> None:
    code = await world.code(await world.azure())
    rows = [row async for row in world.storage.table("meetings").everything()]
    assert code.partition(".")[2] not in str(rows)
    assert "alice" not in str(rows)


async def test_expired_sign_ins_are_deleted_from_storage(world: SignInWorld) -> None:
    integration = await world.azure()
    await world.code(integration)
    kept = world.sign_in.codes
    assert await kept.clean_up() == 0
    world.clock.move(timedelta(minutes=10))
    await world.code(integration)
    world.clock.move(timedelta(minutes=6))
    assert await kept.clean_up() == 1
    assert len([row async for row in world.storage.table("meetings").rows(SIGN_IN_PARTITION)]) == 1


async def test_a_session_cannot_be_forged(world: SignInWorld) -> None:
    integration = await world.azure()
    session = await world.session(integration)
    stated = jwt.decode(session, options={"verify_signature": False})
    header, body, signature = session.split(".")
    forgeries = [
        Signed(b"another key" * 4, "session", world.clock).sign(stated, timedelta(hours=1)),
        Signed(KEY, "attempt", world.clock).sign(stated, timedelta(hours=1)),
        jwt.encode(stated, "", algorithm="none", headers={"typ": "vmr-session+jwt"}),
        f"{header}.{body}.",
        f"{header}.{body}.{signature[:-6]}AAAAAA",
        session + "A" * 10_000_000,
    ]
    for forged in forgeries:
        with pytest.raises(NotAuthenticated):
            await world.services.identity.users.identify(integration, forged)


# ---- the provider refuses, or does not respond -------------------------------------------------------------------

SAID: dict[str, tuple[dict[str, str], str]] = {
    "the user cancelled": ({"error": "access_denied"}, "cancelled"),
    "no consent": ({"error": "invalid_grant", "error_description": "AADSTS65001: no consent"}, "administrator"),
    "consent needed": ({"error": "consent_required"}, "approved"),
    "a second factor": ({"error": "interaction_required", "error_description": "AADSTS50076: x"}, "multi-factor"),
    "a wrong secret": ({"error": "invalid_client", "error_description": "AADSTS7000215: x"}, "client secret"),
    "busy": ({"error": "temporarily_unavailable"}, "few minutes"),
    "its own words": ({"error": "MSIS9605", "error_description": "MSIS9605: The client is not allowed"}, "MSIS9605"),
    "an attack": ({"error": "<script>", "error_description": "<img src=x> call 555-0100"}, "refused"),
}


@pytest.mark.parametrize(("said", "told"), SAID.values(), ids=SAID)
async def test_the_providers_refusal_is_translated_into_a_helpful_message(
    world: SignInWorld, said: dict[str, str], told: str
) -> None:
    answer = await world.at_provider(await world.start(await world.azure()))
    with pytest.raises((SignInRefused, Unavailable), match=told) as refused:
        await world.callback({"state": answer["state"], **said})
    assert not any(text in str(refused.value) for text in ("<", "555")), "the message does not quote the provider"


async def test_the_user_can_cancel_at_the_provider(world: SignInWorld) -> None:
    answer = await world.at_provider(await world.start(await world.azure()), cancel="1")
    with pytest.raises(SignInRefused, match=r"cancelled.*AADSTS65004"):
        await world.callback(answer)


async def test_an_error_is_accepted_only_for_a_sign_in_started_in_this_browser(world: SignInWorld) -> None:
    with pytest.raises(NotAuthenticated):
        await world.callback({"state": "a" * 43, "error": "access_denied"})


async def test_a_wrong_client_secret_is_reported_as_the_administrators_problem(
    world: SignInWorld, caplog: pytest.LogCaptureFixture
) -> None:
    integration = await world.azure(personal_vmr_oauth_client_secret="expired-secret")
    answer = await world.at_provider(await world.start(integration))
    with caplog.at_level(logging.DEBUG), pytest.raises(SignInRefused, match="client secret"):
        await world.callback(answer)
    assert not any(secret in caplog.text for secret in ("expired-secret", answer["code"], "alice"))


async def test_a_provider_that_is_down_is_reported() -> None:
    async with a_world() as world:
        integration = await world.azure(
            personal_vmr_oauth_token_endpoint=f"http://127.0.0.1:9/{TENANT}/oauth2/v2.0/token"
        )
        answer = await world.at_provider(await world.start(integration))
        with pytest.raises(Unavailable, match="few minutes"):
            await world.callback(answer)


@given(st.dictionaries(st.sampled_from(["error", "error_description"]), st.text(max_size=300)))
def test_any_refusal_is_reported_in_our_own_words(answer: dict[str, str]) -> None:
    assert str(refusal(answer)).split(" (Code: ")[0] in {str(refusal({"error": word})) for word in WORDS}


WORDS = (
    "access_denied", "consent_required", "interaction_required", "invalid_client", "redirect_uri", "invalid_grant",
    "temporarily_unavailable", "server_error", "",
)  # fmt: skip
