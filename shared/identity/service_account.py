"""Signs in an integration's service account with OAuth (E3), through a link for the admin.

The documented steps: the admin gets a link, signs in with it as the service account, and is sent back here with a code.
The code is exchanged for a refresh token, which is stored in the secret store. The endpoints are Azure's v1 endpoints.
A sign-in is bound to its integration by `oauth_state`. A new link, a completed sign-in, and any change to a setting
marked † invalidate it.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from pydantic import SecretStr

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.clock import Clock
from shared.errors import InvalidRequest, NotAllowed, NotAuthenticated, NotFound, SettingsInvalid
from shared.identity.rs256 import JWT_MAX_LENGTH
from shared.identity.service_tokens import ServiceTokens, ews_resource
from shared.identity.sign_in.endpoint import AUTHORIZATION_CODE_MAX_LENGTH, TokenEndpoints, refusal
from shared.identity.sign_in.provider import with_query
from shared.identity.sign_in.state_cookie import s256
from shared.identity.signed_tokens import Signed
from shared.integrations import Integration, IntegrationStore
from shared.integrations.combinations import sign_in_faults
from shared.integrations.service_sign_in import finish_sign_in, start_sign_in
from shared.mail_addresses import same_address

log = logging.getLogger(__name__)

SIGN_IN_LINK_LIFETIME = timedelta(hours=1)

_STRANGE = "This sign-in link is not valid: it has been used, is over an hour old, or has been replaced by a newer " \
    "link. Ask for a new link (POST …/sign_in/) and sign in again."  # fmt: skip
_ANOTHER = (
    "The account that signed in is not the integration's service account (username). Sign out of all Microsoft "
    "accounts in this browser, or use a private window, and open the link again."
)
_NO_REFRESH_TOKEN = "The sign-in returned no refresh token. Check that the app registration allows offline access."  # noqa: S105  # not a token, a message


@dataclass(frozen=True)
class Link:
    """The link that an admin opens in a browser, its expiry, and the redirect URI that the app registration
    must list.
    """

    url: str
    expires: datetime
    redirect_uri: str


class ServiceAccounts:
    """Signs service accounts in. `connect` tests the connection of an integration (uuid), and updates its alarms."""

    def __init__(
        self,
        integrations: IntegrationStore,
        endpoints: TokenEndpoints,
        tokens: ServiceTokens,
        alarms: Alarms,
        signing_key: bytes,
        clock: Clock,
        connect: Callable[[str], Awaitable[None]],
    ) -> None:
        self._integrations = integrations
        self._endpoints = endpoints
        self._tokens = tokens
        self._alarms = alarms
        self._clock = clock
        self._connect = connect
        self._signed = Signed(signing_key, "service-account", clock)
        self._key = hmac.digest(signing_key, b"service account proofs", "sha256")

    async def start(self, uuid: str) -> Link:
        """Create a link, which invalidates any earlier link. Raises NotFound, SettingsInvalid."""
        integration = await self._integrations.get(uuid)
        _check_settings(integration)
        nonce = await start_sign_in(self._integrations, integration.uuid)
        state = self._signed.sign({"integration": integration.uuid, "nonce": nonce}, SIGN_IN_LINK_LIFETIME)
        asked = {
            "client_id": integration.oauth_client_id or "",
            "response_type": "code",
            "response_mode": "query",
            "redirect_uri": integration.oauth_redirect_uri,
            "resource": ews_resource(integration),
            "scope": "openid",
            "state": state,
            "code_challenge": s256(self._verifier(nonce)),
            "code_challenge_method": "S256",
            # An existing session in the browser is not used silently: the admin has to sign in.
            "prompt": "login",
            "login_hint": integration.username,
        }
        url = with_query(integration.oauth_auth_endpoint, asked)
        return Link(url, self._clock.now() + SIGN_IN_LINK_LIFETIME, integration.oauth_redirect_uri)

    async def finish(self, answer: Mapping[str, str]) -> Integration:
        """Complete the sign-in with the query from the provider's callback. Returns the integration.

        The state proves that an admin requested the sign-in. It is signed, secret, and valid once. Raises
        NotAuthenticated, NotAllowed, SignInRefused, InvalidRequest, Conflict, Unavailable.
        """
        integration, nonce = await self._started(answer.get("state", ""))
        if "error" in answer:
            raise refusal(answer)
        code = answer.get("code", "")
        if not 0 < len(code) <= AUTHORIZATION_CODE_MAX_LENGTH:
            raise InvalidRequest("The sign-in service's response has no code. Open the sign-in link again.")
        brought = await self._exchange(integration, code, nonce)
        refresh_token = brought.get("refresh_token")
        if not isinstance(refresh_token, str) or not refresh_token:
            raise NotAllowed(_NO_REFRESH_TOKEN)
        _check_account(integration, brought)
        signed_in = await finish_sign_in(self._integrations, integration.uuid, SecretStr(refresh_token), nonce)
        self._tokens.forget(integration.uuid)
        await self._alarms.clear(integration.uuid, AlarmKind.SIGN_IN)
        await self._connect(integration.uuid)
        return signed_in

    async def _started(self, state: str) -> tuple[Integration, str]:
        try:
            stated = self._signed.read(state)
            integration = await self._integrations.get(stated["integration"])
        except (NotAuthenticated, NotFound) as error:
            raise NotAuthenticated(_STRANGE) from error
        nonce: str = stated["nonce"]
        if not hmac.compare_digest(integration.oauth_state or "", nonce):
            raise NotAuthenticated(_STRANGE)
        return integration, nonce

    async def _exchange(self, integration: Integration, code: str, nonce: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "client_id": integration.oauth_client_id or "",
            "code": code,
            "redirect_uri": integration.oauth_redirect_uri,
            "resource": ews_resource(integration),
            "code_verifier": self._verifier(nonce),
        } | await self._tokens.client_secret(integration)
        return await self._endpoints.ask(integration, integration.oauth_token_endpoint, form)

    def _verifier(self, nonce: str) -> str:
        """PKCE's 64-character verifier, derived from the state so that nothing else has to be stored."""
        return hmac.digest(self._key, nonce.encode(), "sha256").hex()


def _check_settings(integration: Integration) -> None:
    """Raise SettingsInvalid with every setting that prevents a sign-in."""
    faults: dict[str, list[str]] = {}
    if integration.authentication_method != "OAUTH":
        faults["authentication_method"] = ["Must be OAUTH: with other methods the service account does not sign in."]
    for name in ("oauth_client_id", "oauth_auth_endpoint", "oauth_token_endpoint", "oauth_redirect_uri", "username"):
        if not getattr(integration, name):
            faults[name] = ["Required to sign in the service account."]
    faults = {**sign_in_faults(integration), **faults}
    if faults:
        raise SettingsInvalid(faults)


def _check_account(integration: Integration, brought: Mapping[str, Any]) -> None:
    """Raise NotAllowed if an account other than the service account has signed in.

    The ID token came directly from the token endpoint, over TLS, for our code and verifier. OpenID Connect Core
    §3.1.3.7 accepts that instead of its signature, which v1 endpoints may omit. v1 tokens have `unique_name`
    (learn.microsoft.com: ID token claims reference). It is not confirmed against a live tenant that such a token is
    issued, or whether it has `upn` as well. Without either claim there is nothing to compare here, and the doctor asks
    Graph.
    """
    token = brought.get("id_token")
    if not isinstance(token, str) or len(token) > JWT_MAX_LENGTH:
        log.info("The sign-in of integration %s's service account returned no ID token.", integration.uuid)
        return
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise NotAllowed("The sign-in service's response could not be read. Open the sign-in link again.") from error
    names = [str(claims[name]) for name in ("upn", "unique_name", "preferred_username") if name in claims]
    if not any(same_address(name, integration.username) for name in names):
        raise NotAllowed(_ANOTHER)
