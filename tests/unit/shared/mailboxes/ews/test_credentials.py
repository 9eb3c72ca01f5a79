"""Access tokens for an application that uses EWS (APP_PERM)."""

from datetime import timedelta
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.identity.sign_in.endpoint import SignInRefused, resource_of
from shared.mailboxes.ews.credentials import AppTokens, token_form
from tests.fakes.clock import FakeClock

V1, V2 = "https://login.example.com/t/oauth2/token", "https://login.example.com/t/oauth2/v2.0/token"
OUTLOOK = "https://outlook.office365.com"


class Endpoint:
    """A token endpoint that returns the `answers` in turn."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []
        self.clock = FakeClock()

    async def ask(self, form: dict[str, str]) -> dict[str, Any]:
        self.asked.append(form)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        found: dict[str, Any] = answer
        return found

    @property
    def tokens(self) -> AppTokens:
        async def form() -> dict[str, str]:
            return token_form("client", "secret", V1, OUTLOOK)

        return AppTokens(self.ask, form, self.clock)


def test_a_token_is_requested_for_the_server_in_the_url() -> None:
    assert resource_of(f"{OUTLOOK}/EWS/Exchange.asmx") == OUTLOOK
    assert resource_of("https://mail.example.com:8443/EWS/Exchange.asmx") == "https://mail.example.com:8443"


@pytest.mark.parametrize(
    ("endpoint", "named", "value"), [(V1, "resource", OUTLOOK), (V2, "scope", f"{OUTLOOK}/.default")]
)
def test_version_1_and_version_2_endpoints_get_their_own_parameters(endpoint: str, named: str, value: str) -> None:
    form = token_form("client", "secret", endpoint, OUTLOOK)
    assert form == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "secret",
        named: value,
    }


async def test_a_token_is_reused_until_shortly_before_expiry() -> None:
    endpoint = Endpoint({"access_token": "a", "expires_in": "3600"}, {"access_token": "b", "expires_in": 3600})
    tokens = endpoint.tokens
    assert [await tokens.token(), await tokens.token()] == ["a", "a"]
    endpoint.clock.move(timedelta(minutes=56))
    assert await tokens.token() == "b"
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize("expires_in", [None, "soon", -5, [], 1e300])
async def test_a_token_with_an_invalid_lifetime_is_not_cached(expires_in: Any) -> None:
    endpoint = Endpoint(*[{"access_token": "a", "expires_in": expires_in}] * 2)
    assert await endpoint.tokens.token() == "a"


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": 5}])
async def test_a_response_without_a_token_is_an_error(answer: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="does not contain one"):
        await Endpoint(answer).tokens.token()


async def test_a_refused_token_request_is_reported_and_later_repeated() -> None:
    refused = SignInRefused("invalid_client", ("AADSTS7000215",), "The client secret is not accepted.")
    with pytest.raises(Unavailable, match="secret is not accepted"):
        await Endpoint(refused).tokens.token()
