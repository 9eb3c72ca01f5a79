"""OAuth2 for a Management Node: client credentials with an ES256-signed assertion. The form of the request and the
claims in the assertion are described in docs/facts/pexip.md §1. This has not been confirmed against a live Management
Node.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import jwt

from shared.bounded_json import read_json
from shared.clock import Clock
from shared.management_node.failure import NodeFailed

TOKEN_PATH = "/oauth/token/"  # noqa: S105 - a path
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_LIFETIME = timedelta(hours=1)
_EARLY = timedelta(minutes=1)
"""A token is replaced this long before it expires, so that it cannot expire during a request."""


class NodeOAuth(httpx.Auth):
    """Bearer tokens for one client id. If the node refuses a token, it is replaced once."""

    requires_response_body = True

    def __init__(self, base_url: str, client_id: str, private_key: str, clock: Clock) -> None:
        self._url = base_url.rstrip("/") + TOKEN_PATH
        self._client_id = client_id
        self._private_key = private_key
        self._clock = clock
        self._token = ""
        self._ends = datetime.min.replace(tzinfo=clock.now().tzinfo)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """See httpx.Auth. Raises NodeFailed."""
        for _ in range(2):
            if self._clock.now() >= self._ends:
                self._keep((yield self._asking()))
            request.headers["Authorization"] = f"Bearer {self._token}"
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
            self._ends = self._clock.now()

    def _asking(self) -> httpx.Request:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": self._assertion(),
        }
        return httpx.Request("POST", self._url, data=form)

    def _assertion(self) -> str:
        now = self._clock.now()
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._url,
            "iat": now,
            "exp": now + _ASSERTION_LIFETIME,
            "jti": str(uuid4()),
        }
        try:
            return jwt.encode(claims, self._private_key, algorithm="ES256")
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise NodeFailed("bridge_private_key is not a private key for ES256 (P-256, in PEM)") from error

    def _keep(self, answer: httpx.Response) -> None:
        if not answer.is_success:
            raise NodeFailed(f"the Management Node issued no token for bridge_client_id (status {answer.status_code})")
        try:
            told = read_json(answer.content)
            lifetime = timedelta(seconds=float(told["expires_in"]))
            token, ends = str(told["access_token"]), self._clock.now() + max(lifetime - _EARLY, timedelta(0))
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise NodeFailed("the Management Node's token cannot be read") from error
        self._token, self._ends = token, ends
