"""Authentication: HTTP Basic, or a bearer token that the node issues for a signed assertion (docs/facts/pexip.md)."""

import base64
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import jwt

BASIC = ("admin", "local-node")
"""The credentials for the local stack's node. They are only valid there."""

TOKEN_PATH = "/oauth/token/"  # noqa: S105 - a path
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CLAIMS = {"iss", "sub", "aud", "iat", "exp", "jti"}
_TOKEN_LIFETIME_SECONDS = 3600


class Auth:
    """The node's account for Basic authentication, and its OAuth2 clients with their public keys."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.basic = BASIC
        self.clients: dict[str, Any] = {}
        self.tokens: dict[str, float] = {}
        self._assertions: set[str] = set()

    def allows(self, authorization: str) -> bool:
        """Whether an `Authorization` header is valid."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self.tokens.get(given, 0.0) > self._now().timestamp()
        expected = base64.b64encode(":".join(self.basic).encode())
        return scheme.lower() == "basic" and hmac.compare_digest(given.encode(), expected)

    def token(self, form: Mapping[str, str], audience: str) -> tuple[int, dict[str, Any]]:
        """The status and body of the response to `POST /oauth/token/`."""
        if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != _ASSERTION:
            return 400, {"error": "unsupported_grant_type"}
        try:
            claims = self._claims(form.get("client_assertion", ""), audience)
        except jwt.PyJWTError:
            return 401, {"error": "invalid_client"}
        if (
            claims.keys() != _CLAIMS
            or claims["exp"] - claims["iat"] != _TOKEN_LIFETIME_SECONDS
            or claims["jti"] in self._assertions
        ):
            return 401, {"error": "invalid_client"}
        self._assertions.add(claims["jti"])
        token = secrets.token_urlsafe(24)
        self.tokens[token] = self._now().timestamp() + _TOKEN_LIFETIME_SECONDS
        return 200, {"access_token": token, "expires_in": _TOKEN_LIFETIME_SECONDS, "token_type": "Bearer"}

    def _claims(self, assertion: str, audience: str) -> dict[str, Any]:
        client = str(jwt.decode(assertion, options={"verify_signature": False}).get("iss", ""))
        if client not in self.clients:
            raise jwt.InvalidIssuerError("unknown client")
        claims: dict[str, Any] = jwt.decode(
            assertion,
            self.clients[client],
            ["ES256"],
            audience=audience,
            subject=client,
            options={"verify_exp": False, "verify_iat": False},
        )
        if not claims["iat"] <= self._now().timestamp() + 60 or claims["exp"] <= self._now().timestamp():
            raise jwt.ExpiredSignatureError("not of now")
        return claims
