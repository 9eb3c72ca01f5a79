"""E1: access tokens are cached while valid, and errors reveal nothing about tenants, clients or secrets."""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from shared.errors import Unavailable
from shared.mailboxes.graph.credentials import AzureTokens, graph_tokens

SCOPE = "https://graph.microsoft.com/.default"
HOUR = 3600


@dataclass
class Credential:
    """The parts of an azure-identity credential that we use."""

    failure: Exception | None = None
    scopes: list[str] = field(default_factory=list)
    closed: bool = False

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        if self.failure:
            raise self.failure
        self.scopes += scopes
        return AccessToken(f"token-{len(self.scopes)}", int(time.time()) + HOUR)

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The machine's time, as a list with one element that tests may change."""
    moment = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: moment[0])
    return moment


def tokens(credential: Credential) -> AzureTokens:
    async def make() -> Any:
        return credential

    return AzureTokens(make, SCOPE)


async def test_a_token_is_used_until_five_minutes_before_expiry(now: list[float]) -> None:
    credential = Credential()
    mine = tokens(credential)
    assert [await mine.token(), await mine.token()] == ["token-1", "token-1"]
    now[0] += HOUR - 301
    assert await mine.token() == "token-1"
    now[0] += 1
    assert await mine.token() == "token-2"
    assert credential.scopes == [SCOPE, SCOPE]


@pytest.mark.parametrize(
    "failure",
    [
        ClientAuthenticationError("AADSTS7000215: invalid client secret 's3cret' of app contoso"),
        ServiceRequestError("cannot connect to login.microsoftonline.com/contoso"),
        ValueError("invalid tenant contoso"),
    ],
)
async def test_graph_is_unavailable_without_a_token(failure: Exception) -> None:
    """The meeting being processed is not the cause. The library's message is not passed on."""
    credential = Credential(failure)
    mine = tokens(credential)
    with pytest.raises(Unavailable) as refused:
        await mine.token()
    assert "contoso" not in str(refused.value)
    credential.failure = None
    assert await mine.token() == "token-1"


@pytest.mark.parametrize("value", ["-----BEGIN CERTIFICATE-----\nbroken", "-----BEGIN PRIVATE KEY-----"])
async def test_a_broken_certificate_makes_graph_unavailable(value: str) -> None:
    async def secret() -> str:
        return value

    mine = graph_tokens("https://graph.microsoft.com/v1.0", "contoso.com", "client", secret, "")
    with pytest.raises(Unavailable):
        await mine.token()
    await mine.close()


async def test_an_unused_credential_is_never_created_and_a_used_one_is_closed() -> None:
    credential = Credential()
    mine = tokens(credential)
    await mine.close()
    assert not credential.closed
    await mine.token()
    await mine.close()
    assert credential.closed
