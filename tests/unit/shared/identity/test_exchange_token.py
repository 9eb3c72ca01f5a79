"""X5, rule 4: an Exchange identity token is accepted only if it satisfies the rules of docs/facts/exchange.md §10."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import NotAuthenticated
from shared.identity.caller import Caller
from shared.identity.exchange_metadata import ExchangeMetadata
from shared.identity.exchange_token import EXCHANGE_TOKEN_MAX_LENGTH, ExchangeTokens, normalise
from shared.identity.rs256 import SKEW
from tests.fakes.clock import FakeClock
from tests.support.exchange_tokens import ALICE, AUDIENCE, LEFT_OUT, METADATA, Exchange, Signer, handmade

EVIL = "https://evil.example/autodiscover/metadata/json/1"
OTHER_ORGANISATION = "https://mail.example.org/autodiscover/metadata/json/1"
STRANGER = Signer("stranger")
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def exchange(clock: FakeClock) -> Exchange:
    return Exchange(clock)


@pytest.fixture
def tokens(exchange: Exchange, clock: FakeClock) -> ExchangeTokens:
    return ExchangeTokens(ExchangeMetadata(exchange.fetch, clock), clock)


async def test_a_real_token_identifies_its_user(exchange: Exchange, tokens: ExchangeTokens) -> None:
    caller = await tokens.verify(exchange.token(), [METADATA], AUDIENCE)
    assert caller == Caller(f"exchange:{ALICE}:{normalise(METADATA)}", "exchange_token")
    assert (caller.issued, caller.expires) == tuple(exchange.claims()[name] for name in ("nbf", "exp"))
    assert exchange.asked == [METADATA]


FORMS: dict[str, Callable[[Exchange], dict[str, Any]]] = {
    "context as an object": lambda e: {"appctx": e.context()},
    "times as texts": lambda e: {name: str(e.claims()[name]) for name in ("nbf", "exp")},
    "isbrowserhostedapp as documented": lambda _: {"isbrowserhostedapp": "true"},
    "isbrowserhostedapp as a boolean": lambda _: {"isbrowserhostedapp": True},
    "no isbrowserhostedapp": lambda _: {"isbrowserhostedapp": LEFT_OUT},
    "documented msexchuid": lambda e: {"appctx": json.dumps(e.context(msexchuid=f"{ALICE}@example.com"))},
    "metadata URL spelt with port and capitals": lambda e: {
        "appctx": json.dumps(e.context(amurl="HTTPS://Mail.Example.COM:443/autodiscover/metadata/json/1"))
    },
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
async def test_all_forms_of_captured_and_documented_tokens_are_accepted(
    exchange: Exchange, tokens: ExchangeTokens, form: Callable[[Exchange], dict[str, Any]]
) -> None:
    caller = await tokens.verify(exchange.token(**form(exchange)), [METADATA], AUDIENCE)
    assert caller.key.startswith(f"exchange:{ALICE}")


async def test_the_key_id_is_optional(exchange: Exchange, tokens: ExchangeTokens) -> None:
    await tokens.verify(exchange.token(header={"kid": LEFT_OUT}), [METADATA], AUDIENCE)


async def test_users_of_two_organizations_are_different_users(exchange: Exchange, tokens: ExchangeTokens) -> None:
    """Equal msexchuids in two Exchange organizations belong to different people."""
    exchange.documents[OTHER_ORGANISATION] = exchange.documents[METADATA]
    here = await tokens.verify(exchange.token(), [METADATA, OTHER_ORGANISATION], AUDIENCE)
    there = exchange.token(appctx=exchange.context(amurl=OTHER_ORGANISATION))
    assert (await tokens.verify(there, [METADATA, OTHER_ORGANISATION], AUDIENCE)).key != here.key


async def test_a_configured_url_with_another_port_does_not_match(exchange: Exchange, tokens: ExchangeTokens) -> None:
    with pytest.raises(NotAuthenticated):
        await tokens.verify(exchange.token(), [METADATA.replace(".com/", ".com:8443/")], AUDIENCE)
    assert exchange.asked == []


@pytest.mark.parametrize("moment", ["before it is valid", "after it has expired"])
async def test_clocks_may_differ_by_five_minutes(
    exchange: Exchange, tokens: ExchangeTokens, clock: FakeClock, moment: str
) -> None:
    token = exchange.token()
    inside, outside = {
        "before it is valid": (-SKEW, -SKEW - SECOND),
        "after it has expired": (timedelta(hours=8) + SKEW - SECOND, timedelta(hours=8) + SKEW),
    }[moment]
    issued = clock.now()
    clock.set(issued + inside)
    await tokens.verify(token, [METADATA], AUDIENCE)
    clock.set(issued + outside)
    with pytest.raises(NotAuthenticated):
        await tokens.verify(token, [METADATA], AUDIENCE)


def context(exchange: Exchange, **changes: Any) -> str:
    return json.dumps(exchange.context(**changes))


def with_public_key_as_secret(exchange: Exchange) -> str:
    """Sign with HS256, using the RSA public key as the shared secret (algorithm confusion)."""
    header = {"alg": "HS256", "typ": "JWT", "x5t": exchange.signer.x5t}
    signed = handmade(header, exchange.claims()).rpartition(".")[0]
    signature = hmac.digest(exchange.signer.public_pem, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_other_payload(exchange: Exchange) -> str:
    """Replace the claims of a valid token."""
    header, _, signature = exchange.token().split(".")
    claims = handmade({}, exchange.claims(appctx=context(exchange, msexchuid="bob"))).split(".")[1]
    return f"{header}.{claims}.{signature}"


def bomb(depth: int) -> str:
    return "[" * depth + "]" * depth


FORGED: dict[str, Callable[[Exchange], str]] = {
    "empty": lambda _: "",
    "no token": lambda _: "token",
    "two parts": lambda e: e.token().rpartition(".")[0],
    "four parts": lambda e: e.token() + ".x",
    "not base64": lambda _: "ä.ö.ü",
    "lone surrogates": lambda e: e.token() + "\ud800",
    "signature cut": lambda e: e.token()[:-8],
    "signature left out": lambda e: e.token().rpartition(".")[0] + ".",
    "signed by another key": lambda e: e.token(STRANGER, header={"x5t": e.signer.x5t}),
    "signed by another key under its own thumbprint": lambda e: e.token(STRANGER),
    "claims exchanged": with_other_payload,
    "alg none": lambda e: handmade({"alg": "none", "x5t": e.signer.x5t}, e.claims()),
    "alg None": lambda e: handmade({"alg": "None", "x5t": e.signer.x5t}, e.claims(), b"x"),
    "no alg": lambda e: handmade({"x5t": e.signer.x5t}, e.claims(), b"x"),
    "HS256 with the public key": with_public_key_as_secret,
    "RS512": lambda e: e.token(header={"alg": "RS512"}),
    "no thumbprint": lambda e: e.token(header={"x5t": LEFT_OUT}),
    "a thumbprint of the wrong type": lambda e: e.token(header={"x5t": ["a"]}),
    "a key supplied by the sender": lambda e: e.token(STRANGER, header={"jwk": {"kty": "RSA"}, "x5t": e.signer.x5t}),
    "unknown critical header": lambda e: e.token(header={"crit": ["x"], "x": 1}),
    "another metadata URL": lambda e: e.token(STRANGER, appctx=context(e, amurl=EVIL)),
    "another metadata URL with a valid signature": lambda e: e.token(appctx=context(e, amurl=EVIL)),
    "plain http metadata URL": lambda e: e.token(appctx=context(e, amurl=METADATA.replace("https", "http"))),
    "metadata URL on another path": lambda e: e.token(appctx=context(e, amurl=METADATA + "/x")),
    "metadata URL on another port": lambda e: e.token(appctx=context(e, amurl=METADATA.replace(".com", ".com:444"))),
    "metadata URL on an impossible port": lambda e: e.token(appctx=context(e, amurl="https://mail.example.com:99999/")),
    "metadata URL with a broken host": lambda e: e.token(appctx=context(e, amurl="https://[::1/")),
    "a metadata URL of the wrong type": lambda e: e.token(appctx=context(e, amurl=[METADATA])),
    "no metadata URL": lambda e: e.token(appctx=context(e, amurl=LEFT_OUT)),
    "another version": lambda e: e.token(appctx=context(e, version="ExIdTok.V2")),
    "no version": lambda e: e.token(appctx=context(e, version=LEFT_OUT)),
    "no user": lambda e: e.token(appctx=context(e, msexchuid=LEFT_OUT)),
    "empty user": lambda e: e.token(appctx=context(e, msexchuid="")),
    "a user of the wrong type": lambda e: e.token(appctx=context(e, msexchuid={"a": 1})),
    "no context": lambda e: e.token(appctx=LEFT_OUT),
    "context is not JSON": lambda e: e.token(appctx="{"),
    "context is a list": lambda e: e.token(appctx=["ExIdTok.V1"]),
    "context is a number": lambda e: e.token(appctx="1"),
    "context is null": lambda e: e.token(appctx="null"),
    "context nested too deep": lambda e: e.token(appctx=bomb(5_000)),
    "claims nested too deep": lambda e: handmade({"alg": "RS256", "x5t": e.signer.x5t}, bomb(5_900).encode(), b"x"),
    "header nested too deep": lambda e: handmade(bomb(5_900).encode(), e.claims(), b"x"),
    "header is a list": lambda e: handmade([], e.claims(), b"x"),
    "claims are a list": lambda e: handmade({"alg": "RS256", "x5t": e.signer.x5t}, [], b"x"),
    "ten megabytes": lambda e: e.token(filler="x" * 10_000_000),
    "a little too long": lambda e: e.token() + "x" * EXCHANGE_TOKEN_MAX_LENGTH,
    "another audience": lambda e: e.token(aud="https://addin.example.com/other"),
    "audience with a query": lambda e: e.token(aud=AUDIENCE + "?x=1"),
    "audience in capitals": lambda e: e.token(aud=AUDIENCE.upper()),
    "no audience": lambda e: e.token(aud=LEFT_OUT),
    "empty audience": lambda e: e.token(aud=""),
    "no expiry": lambda e: e.token(exp=LEFT_OUT),
    "no start": lambda e: e.token(nbf=LEFT_OUT),
    "expiry is not a time": lambda e: e.token(exp="soon"),
    "expiry is null": lambda e: e.token(exp=None),
    "expiry beyond numbers": lambda e: e.token(exp=float("inf")),
    "a start outside the supported range": lambda e: e.token(nbf=10**400),
    "long expired": lambda e: e.token(nbf=0, exp=1),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
async def test_a_forged_token_is_refused(
    exchange: Exchange, tokens: ExchangeTokens, forged: Callable[[Exchange], str]
) -> None:
    """Only the configured URL is fetched, whatever `amurl` contains."""
    exchange.documents[EVIL] = {"keys": [STRANGER.entry()]}
    with pytest.raises(NotAuthenticated) as refused:
        await tokens.verify(forged(exchange), [METADATA], AUDIENCE)
    assert set(exchange.asked) <= {METADATA}
    assert str(refused.value) == "The identity token is not valid. Close and reopen the add-in, and try again."


async def test_without_configured_urls_no_token_is_accepted(exchange: Exchange, tokens: ExchangeTokens) -> None:
    with pytest.raises(NotAuthenticated):
        await tokens.verify(exchange.token(), [], AUDIENCE)
    assert exchange.asked == []


def joined(parts: list[bytes]) -> str:
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


@given(st.text(max_size=60) | st.lists(st.binary(max_size=40), min_size=3, max_size=3).map(joined))
async def test_arbitrary_text_is_refused(text: str) -> None:
    clock = FakeClock()
    exchange = Exchange(clock)
    with pytest.raises(NotAuthenticated):
        await ExchangeTokens(ExchangeMetadata(exchange.fetch, clock), clock).verify(text, [METADATA], AUDIENCE)
    assert exchange.asked == []


simple = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
nonsense = simple | st.lists(simple, max_size=2)


@given(
    name=st.sampled_from(["aud", "nbf", "exp", "appctx"]),
    value=nonsense | st.dictionaries(st.sampled_from(["version", "msexchuid", "amurl"]), nonsense),
)
async def test_a_signed_token_with_an_invalid_claim_is_refused(name: str, value: Any) -> None:
    clock = FakeClock()
    exchange = Exchange(clock)
    tokens = ExchangeTokens(ExchangeMetadata(exchange.fetch, clock), clock)
    try:
        await tokens.verify(exchange.token(**{name: value}), [METADATA], AUDIENCE)
    except NotAuthenticated:
        return
    assert name in ("nbf", "exp"), "random values can be valid only as times"
