"""X5: a valid Entra access token identifies its user, and all other tokens are refused (docs/facts/exchange.md §10)."""

import base64
import hashlib
import hmac
import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import NotAuthenticated, Unavailable
from shared.identity.entra import EntraRules, EntraTokens
from shared.identity.entra_keys import EntraKeys
from shared.identity.rs256 import SKEW
from tests.fakes.clock import FakeClock
from tests.support.entra_tokens import ADD_IN, ALICE, API, LOGIN, STRANGER, TENANT, Entra, Key

RULES = EntraRules(
    metadata_url=f"{LOGIN}/{TENANT}/v2.0/.well-known/openid-configuration",
    audience=API,
    clients=[ADD_IN],
    scope="access_as_user",
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def entra(clock: FakeClock) -> Entra:
    return Entra(clock)


@pytest.fixture
def tokens(entra: Entra, clock: FakeClock) -> EntraTokens:
    return EntraTokens(EntraKeys(entra.fetch, clock), clock)


async def test_a_token_identifies_its_user_by_claims_that_never_change(entra: Entra, tokens: EntraTokens) -> None:
    caller = await tokens.verify(entra.token(preferred_username="alice@example.com", name="Alice"), RULES)
    assert caller.key == f"entra:{TENANT}:{ALICE}"
    renamed = await tokens.verify(entra.token(preferred_username="bob@example.com", oid=ALICE.upper()), RULES)
    assert renamed == caller


@pytest.mark.parametrize("scope", ["access_as_user", "User.Read access_as_user profile"])
async def test_the_required_scope_may_be_one_of_several(entra: Entra, tokens: EntraTokens, scope: str) -> None:
    assert await tokens.verify(entra.token(scp=scope), RULES)


async def test_ids_are_compared_case_insensitively(entra: Entra, tokens: EntraTokens) -> None:
    rules = replace(RULES, audience=API.upper(), clients=[ADD_IN.upper()])
    assert await tokens.verify(entra.token(), rules)


WRONG: dict[str, dict[str, Any]] = {
    "another API's": {"aud": STRANGER},
    "Microsoft Graph's": {"aud": "00000003-0000-0000-c000-000000000000"},
    "the application id URI as audience": {"aud": f"api://{API}"},
    "several audiences": {"aud": [API, STRANGER]},
    "no audience": {"aud": None},
    "version 1.0": {"ver": "1.0", "iss": f"https://sts.windows.net/{TENANT}/"},
    "no version": {"ver": None},
    "a version 1.0 issuer": {"iss": f"https://sts.windows.net/{TENANT}/"},
    "an issuer on another host": {"iss": f"https://login.microsoftonline.com.example/{TENANT}/v2.0"},
    "an issuer that lacks the version": {"iss": f"{LOGIN}/{TENANT}"},
    "no issuer": {"iss": None},
    "another tenant's issuer": {"iss": f"{LOGIN}/{STRANGER}/v2.0"},
    "another tenant": {"tid": STRANGER},
    "another tenant within our issuer": {"tid": STRANGER, "iss": f"{LOGIN}/{TENANT}/v2.0"},
    "no tenant": {"tid": None},
    "a tenant that is a substring of the issuer": {"tid": "login"},
    "no user": {"oid": None},
    "a user that is not an id": {"oid": "alice@example.com"},
    "an app's": {"scp": None, "roles": ["Scheduling.Admin"]},
    "an app's token, identified by its type": {"idtyp": "app"},
    "no scope": {"scp": ""},
    "another scope": {"scp": "access_as_user2"},
    "a scope that is not a string": {"scp": ["access_as_user"]},
    "another client's": {"azp": STRANGER},
    "no client": {"azp": None},
    "an ID token": {"scp": None, "azp": None, "aud": ADD_IN},
    "times as text": {"exp": "9999999999", "nbf": "0"},
    "no expiry": {"exp": None},
    "no start": {"nbf": None},
    "infinite times": {"exp": 1e400, "nbf": 0},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
async def test_a_token_with_a_wrong_claim_is_refused(
    entra: Entra, tokens: EntraTokens, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(NotAuthenticated) as refusal:
        await tokens.verify(entra.token(**changes), RULES)
    assert str(refusal.value) == str(refusal.value.args[0])
    assert "reopen the add-in" in str(refusal.value), "all refusals have the same message"
    assert [record for record in caplog.records if "was rejected" in record.getMessage()], "the log contains the reason"


async def test_a_token_is_valid_from_its_start_to_its_end(entra: Entra, tokens: EntraTokens, clock: FakeClock) -> None:
    start = clock.now()
    token = entra.token()
    for moment, good in [
        (-SKEW - timedelta(seconds=1), False),
        (-SKEW, True),
        (timedelta(hours=1) + SKEW - timedelta(seconds=1), True),
        (timedelta(hours=1) + SKEW, False),
    ]:
        clock.set(start + moment)
        if good:
            await tokens.verify(token, RULES)
        else:
            with pytest.raises(NotAuthenticated):
                await tokens.verify(token, RULES)


def encoded(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def unsigned(entra: Entra) -> str:
    return f"{encoded({'alg': 'none', 'kid': 'first'})}.{encoded(entra.claims())}."


def signed_with_the_public_key(entra: Entra) -> str:
    """Sign with HS256, using the public key in the key document as the secret."""
    public = entra.keys[0].private.public_key()
    secret = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = f"{encoded({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'})}.{encoded(entra.claims())}"
    signature = base64.urlsafe_b64encode(hmac.digest(secret, text.encode(), hashlib.sha256)).rstrip(b"=")
    return f"{text}.{signature.decode()}"


def with_its_own_key(entra: Entra) -> str:
    key = Key("first", pair="forger")
    headers = {"kid": "first", "jwk": key.entry(), "jku": "https://evil.example/keys", "x5u": "https://evil.example"}
    return jwt.encode(entra.claims(), key.private, algorithm="RS256", headers=headers)


def with_another_body(entra: Entra) -> str:
    header, _, signature = entra.token().split(".")
    return f"{header}.{encoded(entra.claims(oid=STRANGER))}.{signature}"


FORGED = {
    "unsigned": unsigned,
    "signed with the public key": signed_with_the_public_key,
    "containing its own key": with_its_own_key,
    "another body": with_another_body,
    "another algorithm": lambda entra: jwt.encode(
        entra.claims(), entra.keys[0].private, algorithm="PS256", headers={"kid": "first"}
    ),
    "no key named": lambda entra: jwt.encode(entra.claims(), entra.keys[0].private, algorithm="RS256"),
    "another key with a known key id": lambda entra: entra.token(Key("first", pair="forger")),
    "an unknown key": lambda entra: entra.token(Key("unknown")),
    "a key id that is a number": lambda entra: f"{encoded({'alg': 'RS256', 'kid': 7})}.{encoded(entra.claims())}.AAAA",
    "encrypted": lambda entra: entra.token() + ".x.y",
    "10 MB": lambda entra: entra.token() + "A" * 10_000_000,
    "deeply nested": lambda entra: f"{base64.urlsafe_b64encode(b'[' * 9000).decode()}.e30.AAAA",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_token_is_refused(entra: Entra, tokens: EntraTokens, forge: Any) -> None:
    with pytest.raises(NotAuthenticated):
        await tokens.verify(forge(entra), RULES)
    assert not [url for url in entra.asked if not url.startswith(LOGIN)], "tokens do not determine which host is called"


@given(st.text(max_size=100) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
async def test_other_text_is_refused_as_a_token(text: str) -> None:
    clock = FakeClock()
    with pytest.raises(NotAuthenticated):
        await EntraTokens(EntraKeys(Entra(clock).fetch, clock), clock).verify(text, RULES)


async def test_with_metadata_for_all_tenants_only_named_tenants_are_admitted(clock: FakeClock) -> None:
    entra = Entra(clock, "common")
    tokens = EntraTokens(EntraKeys(entra.fetch, clock), clock)
    rules = replace(RULES, metadata_url=entra.url)
    with pytest.raises(NotAuthenticated):
        await tokens.verify(entra.token(), rules)
    with pytest.raises(NotAuthenticated):
        await tokens.verify(entra.token(tid=STRANGER), replace(rules, tenants=[TENANT]))
    assert (await tokens.verify(entra.token(), replace(rules, tenants=[TENANT.upper()]))).key.endswith(ALICE)


async def test_a_key_is_valid_only_for_its_own_issuer(clock: FakeClock) -> None:
    """Key documents for all tenants also contain keys for personal accounts, which have a different issuer."""
    entra = Entra(clock, "common")
    entra.keys = [Key("all", issuer=f"{LOGIN}/{{tenantid}}/v2.0"), Key("personal", issuer=f"{LOGIN}/{STRANGER}/v2.0")]
    tokens = EntraTokens(EntraKeys(entra.fetch, clock), clock)
    rules = replace(RULES, metadata_url=entra.url, tenants=[TENANT])
    assert await tokens.verify(entra.token(entra.keys[0]), rules)
    with pytest.raises(NotAuthenticated):
        await tokens.verify(entra.token(entra.keys[1]), rules)


async def test_rules_without_ids_admit_no_user(entra: Entra, tokens: EntraTokens) -> None:
    for rules in (replace(RULES, audience=""), replace(RULES, clients=[""]), replace(RULES, clients=[])):
        for token in (entra.token(), entra.token(azp=""), entra.token(azp=None), entra.token(aud="")):
            with pytest.raises(NotAuthenticated):
                await tokens.verify(token, rules)


async def test_without_keys_no_user_can_be_verified(entra: Entra, tokens: EntraTokens) -> None:
    entra.is_down = True
    with pytest.raises(Unavailable):
        await tokens.verify(entra.token(), RULES)
