"""Bearer tokens issued to an account or an application by the stack's own provider."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import jwt
from jwt.types import Options

from dev.exchange.ews.access import Account, Caller

#: A bearer token for an application with full_access_as_app. The local stack accepts it although its provider did not
#: issue it.
LOCAL = "local"
_ONLINE = "https://outlook.office365.com"
_UNCHECKED: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}

JsonWebKeys = Callable[[], dict[str, Any]]


class Tokens:
    """Reads access tokens. ``keys`` returns the provider's JWKS, and ``now`` the simulated time."""

    def __init__(self, keys: JsonWebKeys, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now

    def caller(self, token: str, origin: str, account: Callable[[str], Account | None]) -> Caller | None:
        """The caller that a token identifies; None if the token is not valid for this server. ``origin`` is this
        server's scheme and host.
        """
        if token == LOCAL:
            return Caller()
        claims = self.verified(token)
        if claims is None or str(claims.get("aud", "")).rstrip("/") not in (_ONLINE, origin):
            return None
        if "full_access_as_app" in claims.get("roles", ()):
            return Caller()
        signed_in = account(str(claims.get("upn", "")))
        return Caller(signed_in) if signed_in else None

    def verified(self, token: str) -> dict[str, Any] | None:
        """The claims of a currently valid token signed by the provider; None for any other token."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            found = next((key for key in jwt.PyJWKSet.from_dict(self._keys()).keys if key.key_id == kid), None)
            claims: dict[str, Any] = jwt.decode(token, found.key, ["RS256"], options=_UNCHECKED) if found else {}
        except jwt.PyJWTError:
            return None
        lives = claims.get("nbf", 0) <= self._now().timestamp() < claims.get("exp", 0)
        return claims if lives else None
