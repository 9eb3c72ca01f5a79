"""Access tokens for applications that use EWS, obtained with client credentials from the configured token endpoint (E2,
APP_PERM).
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from shared.clock import Clock
from shared.errors import Unavailable
from shared.identity.sign_in.endpoint import SignInRefused

_TOKEN_RENEWAL_MARGIN = timedelta(minutes=5)

Ask = Callable[[dict[str, str]], Awaitable[dict[str, Any]]]
"""Send a form to the token endpoint and return the endpoint's response. Raises SignInRefused, Unavailable."""


def token_form(client_id: str, secret: str, endpoint: str, resource: str) -> dict[str, str]:
    """The form for a client credentials grant. v2.0 endpoints only accept a scope, v1 endpoints only a resource."""
    wanted = {"scope": f"{resource}/.default"} if "/v2.0/" in endpoint else {"resource": resource}
    return {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret} | wanted


class AppTokens:
    """The application's access token, renewed before it expires."""

    def __init__(self, ask: Ask, form: Callable[[], Awaitable[dict[str, str]]], clock: Clock) -> None:
        self._ask, self._form, self._clock = ask, form, clock
        self._token = ""
        self._expires = clock.now()

    async def token(self) -> str:
        """A token that is valid for at least five minutes. Raises Unavailable."""
        if self._clock.now() >= self._expires - _TOKEN_RENEWAL_MARGIN:
            try:
                answer = await self._ask(await self._form())
            except SignInRefused as refused:
                raise Unavailable(f"No access token for EWS: {refused}") from refused
            self._token, lifetime = _read(answer)
            self._expires = self._clock.now() + lifetime
        return self._token


def _read(answer: dict[str, Any]) -> tuple[str, timedelta]:
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise Unavailable("No access token for EWS: the token endpoint's response does not contain one.")
    try:
        return token, timedelta(seconds=min(max(int(answer.get("expires_in", 0)), 0), 86_400))
    except (TypeError, ValueError):
        return token, timedelta(0)
