"""Exchange identity tokens and their keys, compared with the decoded real token (docs/facts/exchange.md §10)."""

import base64
import hashlib
import json
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from dev.exchange.app import running_exchange
from dev.exchange.state import Settings
from tests.support.exchange_world import ALICE, BOB, ExchangeWorld

SEEDED = "http://127.0.0.1:7071/addin/11111111-1111-4111-8111-111111111111/pane"


async def token(world: ExchangeWorld, user: str = ALICE, **more: Any) -> str:
    return str((await world.post("/dev/identity-token", {"user": user, **more}))["token"])


async def certificates(world: ExchangeWorld) -> dict[str, bytes]:
    document = (await world.http.get("/autodiscover/metadata/json/1")).json()
    return {key["keyinfo"]["x5t"]: base64.b64decode(key["keyvalue"]["value"]) for key in document["keys"]}


def verified(encoded: str, certificate: bytes, audience: str = SEEDED) -> dict[str, Any]:
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return jwt.decode(encoded, key, algorithms=["RS256"], audience=audience)


async def test_a_token_looks_like_a_real_one(world: ExchangeWorld) -> None:
    encoded = await token(world)
    header = jwt.get_unverified_header(encoded)
    assert (header["typ"], header["alg"]) == ("JWT", "RS256")
    certificate = (await certificates(world))[header["x5t"]]
    digest = hashlib.sha1(certificate, usedforsecurity=False)
    assert header["kid"] == digest.hexdigest().upper()
    assert header["x5t"] == base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    payload = verified(encoded, certificate)
    assert payload["exp"] - payload["nbf"] == 28_800
    assert payload["isbrowserhostedapp"] == "True"
    assert payload["iss"] == payload["appctxsender"]
    assert payload["iss"].startswith("00000002-0000-0ff1-ce00-000000000000@")
    context = json.loads(payload["appctx"])
    assert context["version"] == "ExIdTok.V1"
    assert context["amurl"] == f"{world.running.base_url}/autodiscover/metadata/json/1"


async def test_each_user_has_a_constant_and_unique_id(world: ExchangeWorld) -> None:
    def who(encoded: str) -> str:
        payload = jwt.decode(encoded, options={"verify_signature": False})
        return str(json.loads(payload["appctx"])["msexchuid"])

    assert who(await token(world)) == who(await token(world)) != who(await token(world, BOB))


async def test_old_tokens_stay_valid_after_a_key_rollover(world: ExchangeWorld) -> None:
    old = await token(world)
    await world.post("/dev/identity-keys/roll")
    new = await token(world)
    known = await certificates(world)
    assert len(known) == 2
    for encoded in (old, new):
        verified(encoded, known[jwt.get_unverified_header(encoded)["x5t"]])
    assert jwt.get_unverified_header(old)["x5t"] != jwt.get_unverified_header(new)["x5t"]


async def test_a_forged_token_refers_to_an_unpublished_key(world: ExchangeWorld) -> None:
    assert jwt.get_unverified_header(await token(world, signed_by="other"))["x5t"] not in await certificates(world)


async def test_expired_tokens_and_other_audiences_can_be_requested(world: ExchangeWorld) -> None:
    [certificate] = (await certificates(world)).values()
    with pytest.raises(jwt.ExpiredSignatureError):
        verified(await token(world, expires_in=-1), certificate)
    assert (
        verified(await token(world, audience="https://x/pane"), certificate, "https://x/pane")["aud"]
        == "https://x/pane"
    )
    payload = verified(await token(world, amurl="https://evil/1"), certificate)
    assert json.loads(payload["appctx"])["amurl"] == "https://evil/1"


async def test_tokens_follow_the_simulated_clock(world: ExchangeWorld) -> None:
    await world.post("/dev/clock", {"now": "2035-01-01T00:00:00+00:00"})
    payload = jwt.decode(await token(world), options={"verify_signature": False})
    assert 2_051_222_400 <= payload["nbf"] < 2_051_222_500


async def test_the_audience_is_the_pane_on_the_functions_host() -> None:
    async with (
        running_exchange(Settings(functions_url="http://127.0.0.1:1234")) as running,
        httpx.AsyncClient(base_url=running.base_url) as http,
    ):
        answer = await http.post("/dev/identity-token", json={"user": ALICE})
    payload = jwt.decode(answer.json()["token"], options={"verify_signature": False})
    assert payload["aud"] == "http://127.0.0.1:1234/addin/11111111-1111-4111-8111-111111111111/pane"


async def test_a_user_is_required(world: ExchangeWorld) -> None:
    assert (await world.http.post("/dev/identity-token", json={})).status_code == 400
    assert (await world.http.post("/dev/identity-token", content=b"x")).status_code == 400
    assert (await world.http.post("/dev/identity-token", json=[])).status_code == 400
    assert (await world.http.post("/dev/identity-token", json={"user": ALICE, "expires_in": "1"})).status_code == 400
