"""Client credentials with an ES256 assertion (RFC 7523): who gets an access token, and what it permits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import jwt
import pytest

from dev.harness.storage import MemoryStorage
from shared.errors import NotAllowed, NotAuthenticated, RateLimited
from shared.identity.api_clients import ApiClient, ApiClients
from shared.identity.attempt_limit import ATTEMPTS_PER_MINUTE, ATTEMPTS_PER_MINUTE_OF_ONE
from shared.identity.client_tokens import ACCESS_TOKEN_LIFETIME, ClientTokens, GrantRefused
from shared.identity.rs256 import SKEW
from shared.management import Admin, ClientAdmins
from tests.fakes.clock import FakeClock

BASE = "https://vmr.example.com"
ENDPOINT = f"{BASE}/oauth/token/"
HOUR = 3600
UNSIGNED = jwt.encode({"iss": "x"}, "", algorithm="none")
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class ClientTokensWorld:
    """A deployment with one API client, and the client's private key."""

    def __init__(self) -> None:
        self.clock, self.storage = FakeClock(), MemoryStorage()
        self.clients = ApiClients(self.storage, self.clock)
        self.tokens = ClientTokens(self.clients, b"k" * 32, f"{BASE}/", self.clock)
        self.client: ApiClient
        self.key = ""
        self.number = 0

    async def start(self) -> "ClientTokensWorld":
        self.client, self.key = await self.clients.create("Terraform", "Scheduling.Admin")
        return self

    def assertion(self, key: str = "", algorithm: str = "ES256", without: str = "", **claims: Any) -> str:
        """An assertion like the shell client's, with changes."""
        self.number += 1
        now, id_ = int(self.clock.now().timestamp()), self.client.client_id
        sent = {"iss": id_, "sub": id_, "aud": ENDPOINT, "iat": now, "exp": now + HOUR, "jti": f"{self.number:036}"}
        kept = {name: value for name, value in {**sent, **claims}.items() if name != without}
        return jwt.encode(kept, key or self.key, algorithm=algorithm)

    async def issue(self, assertion: str, sender: str = "192.0.2.1") -> dict[str, Any]:
        form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": assertion}
        return await self.tokens.issue(form, sender)


@pytest.fixture
async def world() -> ClientTokensWorld:
    return await ClientTokensWorld().start()


class Nobody:
    """A stand-in for all other ways to authenticate an admin."""

    async def authenticate(self, headers: Mapping[str, str]) -> Admin:
        raise NotAllowed("others")


async def test_a_valid_assertion_gets_a_token_with_a_limited_lifetime(world: ClientTokensWorld) -> None:
    answer = await world.issue(world.assertion())
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", ACCESS_TOKEN_LIFETIME.total_seconds())
    assert answer["expires_in"] > 5 * 60, "the shell client renews a token that has less than five minutes left"
    admins, headers = ClientAdmins(world.tokens, Nobody()), {"authorization": f"Bearer {answer['access_token']}"}
    assert await admins.authenticate(headers) == Admin("Terraform", may_change=True)
    world.clock.move(ACCESS_TOKEN_LIFETIME)
    with pytest.raises(NotAuthenticated, match="expired"):
        await admins.authenticate(headers)


async def test_a_token_has_the_current_role_of_its_client(world: ClientTokensWorld) -> None:
    admins = ClientAdmins(world.tokens, Nobody())
    headers = {"authorization": f"bearer {(await world.issue(world.assertion()))['access_token']}"}
    await world.clients.change(world.client.id, role="Scheduling.Read")
    assert not (await admins.authenticate(headers)).may_change
    await world.clients.delete(world.client.id)
    with pytest.raises(NotAuthenticated, match="deleted"):
        await admins.authenticate(headers)
    with pytest.raises(GrantRefused):
        await world.issue(world.assertion())


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer x", "Bearer " + jwt.encode({}, "k" * 32)])
async def test_other_authorization_headers_are_passed_to_other_methods(world: ClientTokensWorld, header: str) -> None:
    with pytest.raises(NotAllowed, match="others"):
        await ClientAdmins(world.tokens, Nobody()).authenticate({"authorization": header})


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "https://vmr.example.com/oauth/token"}, "aud"),
        ({"aud": "https://other.example.com/oauth/token/"}, "aud"),
        ({"aud": [ENDPOINT]}, "aud"),
        ({"sub": "other"}, "iss and sub"),
        ({"iss": "other"}, "unknown"),
        ({"exp": 1}, "expired"),
        ({"iat": 10**10}, "not valid yet"),
        ({"exp": 10**10}, "more than an hour"),
        ({"exp": "tomorrow"}, "exactly"),
        ({"nbf": 0}, "exactly"),
        ({"jti": ""}, "jti"),
        ({"jti": 7}, "jti"),
        ({"jti": "x" * 257}, "jti"),
        *[({"without": name}, "exactly") for name in ("sub", "aud", "iat", "exp", "jti")],
        ({"without": "iss"}, "unknown"),
        ({"algorithm": "HS256", "key": "k" * 32}, "ES256"),
    ],
)
async def test_an_assertion_with_a_wrong_claim_is_refused(
    world: ClientTokensWorld, claims: dict[str, Any], reason: str
) -> None:
    with pytest.raises(GrantRefused, match=reason) as refused:
        await world.issue(world.assertion(**claims))
    assert refused.value.error == "invalid_client"


@pytest.mark.parametrize(
    "assertion", ["x", "a.b.c", "x" * 20_000, "é.é.é", jwt.encode({"iss": "x"}, "", algorithm="none")]
)
async def test_a_string_that_is_not_an_assertion_is_refused(world: ClientTokensWorld, assertion: str) -> None:
    with pytest.raises(GrantRefused, match="assertion was rejected"):
        await world.issue(assertion)


async def test_an_assertion_signed_with_another_clients_key_is_refused(world: ClientTokensWorld) -> None:
    _, other_key = await world.clients.create("Other", "Scheduling.Read")
    with pytest.raises(GrantRefused, match="signature"):
        await world.issue(world.assertion(key=other_key))


async def test_the_public_key_cannot_be_used_as_a_shared_secret(world: ClientTokensWorld) -> None:
    """PyJWT refuses to sign with a public key, so the test assembles the token itself."""
    import base64
    import hmac

    head, body, _ = world.assertion().split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=").decode()
    signature = hmac.digest(world.client.public_key.encode(), f"{head}.{body}".encode(), "sha256")
    with pytest.raises(GrantRefused, match="ES256"):
        await world.issue(f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


async def test_an_assertion_can_be_used_only_once(world: ClientTokensWorld) -> None:
    used = world.assertion()
    await world.issue(used)
    for passed in (timedelta(0), timedelta(hours=1) + SKEW - timedelta(seconds=1)):
        world.clock.move(passed)
        with pytest.raises(GrantRefused, match="used before"):
            await world.issue(used)
    world.clock.move(timedelta(minutes=10))
    await world.issue(world.assertion())
    with pytest.raises(GrantRefused, match="expired"):
        await world.issue(used)
    left = [row.key async for row in world.storage.table("integrations").rows("api-clients", "assertion:")]
    assert len(left) == 1, "the records of expired assertions are deleted"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"client_assertion_type": "other"}, "invalid_request"),
        ({"client_assertion": None}, "invalid_request"),
    ],
)
async def test_other_grant_types_are_refused(
    world: ClientTokensWorld, change: dict[str, str | None], error: str
) -> None:
    form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": world.assertion()}
    sent = {name: value for name, value in {**form, **change}.items() if value is not None}
    with pytest.raises(GrantRefused) as refused:
        await world.tokens.issue(sent, None)
    assert refused.value.error == error


async def test_attempts_are_limited_per_address_and_in_total(world: ClientTokensWorld) -> None:
    async def attempts(sender: str) -> int:
        for number in range(ATTEMPTS_PER_MINUTE + 1):
            try:
                with pytest.raises(GrantRefused):
                    await world.issue("x", sender)
            except RateLimited:
                return number
        return -1

    assert await attempts("203.0.113.7, 192.0.2.1:4711") == ATTEMPTS_PER_MINUTE_OF_ONE
    assert await attempts("192.0.2.1") == 0, "an additional address at the start of the header makes no difference"
    allowed = sum([await attempts(f"192.0.2.{number}") for number in range(2, 30)])
    assert allowed == ATTEMPTS_PER_MINUTE - ATTEMPTS_PER_MINUTE_OF_ONE
    world.clock.move(timedelta(minutes=1))
    await world.issue(world.assertion())
