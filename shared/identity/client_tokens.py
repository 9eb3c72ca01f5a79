"""Access tokens for OAuth2 clients: `POST /oauth/token/`, client credentials with an ES256 assertion (RFC 7523).

The assertion has exactly the claims iss, sub, aud, iat, exp and jti (docs/facts/pexip.md §1). It can be used once and
is valid for at most an hour. The token issued for it is this service's own, and becomes invalid if its client is
deleted.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from shared.clock import Clock
from shared.errors import NotAuthenticated
from shared.identity.api_clients import ApiClient, ApiClients
from shared.identity.attempt_limit import AttemptLimit
from shared.identity.rs256 import JWT_MAX_LENGTH, SKEW
from shared.identity.signed_tokens import Signed

log = logging.getLogger(__name__)

ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
"""The lifetime of a token. The original product's shell renews a token five minutes before it expires."""

ASSERTION_MAX_LIFETIME = timedelta(hours=1)
JTI_MAX_LENGTH = 256
ENDPOINT_PATH = "/oauth/token/"

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_UNKNOWN = "its client is unknown, or its signature is wrong"
_CLAIMS = frozenset({"iss", "sub", "aud", "iat", "exp", "jti"})


class GrantRefused(Exception):
    """No token was issued. `error` is a code of RFC 6749 §5.2; the message is for the person who sets up the client."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


class ClientTokens:
    """Issues access tokens, and identifies their clients."""

    def __init__(self, clients: ApiClients, signing_key: bytes, base_url: str, clock: Clock) -> None:
        self._clients = clients
        self._signed = Signed(signing_key, "api-access", clock)
        self._endpoint = f"{base_url.rstrip('/')}{ENDPOINT_PATH}"
        self._clock = clock
        self._limit = AttemptLimit(clock)

    async def issue(self, form: Mapping[str, str], forwarded_for: str | None) -> dict[str, Any]:
        """The response to a valid request: {access_token, expires_in, token_type}.

        `forwarded_for` is the request's X-Forwarded-For. Raises GrantRefused, RateLimited, Unavailable.
        """
        self._limit.count(forwarded_for)
        if form.get("grant_type") != "client_credentials":
            raise GrantRefused("unsupported_grant_type", "grant_type must be client_credentials.")
        if form.get("client_assertion_type") != _ASSERTION_TYPE or not form.get("client_assertion"):
            raise GrantRefused("invalid_request", f"client_assertion is required, with the type {_ASSERTION_TYPE}.")
        client = await self._proven(form["client_assertion"])
        token = self._signed.sign({"client": client.client_id}, ACCESS_TOKEN_LIFETIME)
        return {
            "access_token": token,
            "expires_in": int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            "token_type": "Bearer",
        }

    def is_one(self, token: str) -> bool:
        """Whether a bearer token claims to be of this kind; nothing is verified."""
        return self._signed.is_one(token)

    async def client(self, token: str) -> ApiClient:
        """The client of a token. Takes one round trip to storage. Raises NotAuthenticated, Unavailable."""
        client = await self._clients.find(str(self._signed.read(token).get("client")))
        if client is None:
            raise NotAuthenticated("The client of this token has been deleted.")
        return client

    async def _proven(self, assertion: str) -> ApiClient:
        """The client that has signed an assertion. The log has the detailed reason for a rejection; the sender gets
        only a short one.
        """
        named = _claimed_client(assertion)
        client = await self._clients.find(named)
        if client is None:
            raise _refused(_UNKNOWN)
        claims = _signed_claims(assertion, client)
        self._check(claims, client)
        until = datetime.fromtimestamp(claims["exp"], UTC) + SKEW
        if not await self._clients.use_assertion(client.client_id, claims["jti"], until):
            raise _refused("it was used before")
        return client

    def _check(self, claims: Mapping[str, Any], client: ApiClient) -> None:
        now, skew = self._clock.now().timestamp(), SKEW.total_seconds()
        if claims.keys() != _CLAIMS or not all(isinstance(claims[name], int) for name in ("iat", "exp")):
            raise _refused(f"its claims must be exactly {', '.join(sorted(_CLAIMS))}")
        if not (_same(claims["iss"], client.client_id) and _same(claims["sub"], client.client_id)):
            raise _refused("iss and sub must be the client id")
        if not _same(claims["aud"], self._endpoint):
            raise _refused("aud must be this service's token endpoint, at its public address")
        if not claims["iat"] - skew <= now < claims["exp"] + skew:
            raise _refused("it has expired, or is not valid yet")
        if claims["exp"] - now > ASSERTION_MAX_LIFETIME.total_seconds() + skew:
            raise _refused("it is valid for more than an hour")
        if not (isinstance(claims["jti"], str) and 0 < len(claims["jti"]) <= JTI_MAX_LENGTH):
            raise _refused("it has no jti")


def _claimed_client(assertion: str) -> str:
    """The client named in an assertion that has not been verified yet."""
    if len(assertion) > JWT_MAX_LENGTH:
        raise _refused("it is too long")
    try:
        if jwt.get_unverified_header(assertion).get("alg") != "ES256":
            raise _refused("it is not signed with ES256")
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise _refused("it is not a JWT") from error
    return str(claims.get("iss", ""))


def _signed_claims(assertion: str, client: ApiClient) -> dict[str, Any]:
    # The claims are checked by _check, and the times are compared with our clock.
    options: Any = {f"verify_{name}": False for name in (*_CLAIMS, "nbf")}
    try:
        claims: dict[str, Any] = jwt.decode(assertion, client.public_key, algorithms=["ES256"], options=options)
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise _refused(_UNKNOWN) from error
    return claims


def _same(claim: Any, wanted: str) -> bool:
    return isinstance(claim, str) and hmac.compare_digest(claim.encode(errors="replace"), wanted.encode())


def _refused(reason: str) -> GrantRefused:
    log.info("An OAuth2 client's assertion was rejected: %s.", reason)
    return GrantRefused("invalid_client", f"The client assertion was rejected: {reason}.")
