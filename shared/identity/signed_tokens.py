"""Small statements that this service signs for itself: sign-ins in progress, and sessions. They are JWTs with HS256.
Each purpose has its own key and type, both derived from TAG_SIGNING_KEY, so a statement for one purpose is never valid
for another.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any

import jwt

from shared.clock import Clock
from shared.errors import NotAuthenticated

MAX_TOKEN_LENGTH = 4096
"""Maximum length of a token, in characters. Our own tokens are a few hundred characters long."""


class Signed:
    """Signs and reads statements for one purpose, such as "session"."""

    def __init__(self, signing_key: bytes, purpose: str, clock: Clock) -> None:
        self._key = hmac.digest(signing_key, f"signed {purpose}".encode(), "sha256")
        self._type = f"vmr-{purpose}+jwt"
        self._clock = clock

    def sign(self, statement: dict[str, str], lifetime: timedelta) -> str:
        """The statement as a string suitable for headers, cookies and URLs. It is not encrypted."""
        claims = {**statement, "exp": int((self._clock.now() + lifetime).timestamp())}
        return jwt.encode(claims, self._key, algorithm="HS256", headers={"typ": self._type})

    def is_one(self, text: str) -> bool:
        """Whether the text claims to be a token for this purpose. Nothing is verified."""
        if len(text) > MAX_TOKEN_LENGTH:
            return False
        try:
            return jwt.get_unverified_header(text).get("typ") == self._type
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            return False

    def read(self, text: str) -> dict[str, Any]:
        """The statement, with `exp` in seconds since 1970. Raises NotAuthenticated if it is forged, expired, or for
        another purpose.
        """
        if not self.is_one(text):
            raise NotAuthenticated("This token was not issued by this service.")
        try:
            # The time is compared with our clock below.
            claims: dict[str, Any] = jwt.decode(
                text, self._key, algorithms=["HS256"], options={"verify_exp": False, "require": ["exp"]}
            )
        except jwt.InvalidTokenError as error:
            raise NotAuthenticated("This token was not issued by this service.") from error
        if claims["exp"] <= self._clock.now().timestamp():
            raise NotAuthenticated("This sign-in has expired. Please sign in again.")
        return claims
