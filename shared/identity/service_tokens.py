"""Access tokens for a signed-in service account, to use with EWS and delegated Graph (E3)."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.clock import Clock
from shared.errors import NotAllowed, SchedulingError
from shared.identity.sign_in.endpoint import SignInRefused, TokenEndpoints, resource_of
from shared.integrations import Integration, IntegrationStore
from shared.integrations.service_sign_in import renew_refresh_token

log = logging.getLogger(__name__)

EWS_RESOURCE = "https://outlook.office365.com"
GRAPH_RESOURCE = "https://graph.microsoft.com"
"""Only the doctor requests tokens for this resource, to see who is signed in. A registration without permissions for it
therefore raises no alarm.
"""

RENEW_TOKEN_BEFORE = timedelta(minutes=5)
"""An access token is renewed this long before it expires."""

_NOT_SIGNED_IN = (
    "The service account is not signed in: it never was, or OAuth was switched off and on, or the service account "
    "username, OAuth client ID or OAuth token endpoint was changed."
)
_CAUSES = {
    "AADSTS50173": "The service account's password was changed, or its sign-ins were revoked.",
    "AADSTS700082": "The service account's sign-in has not been used for 90 days.",
    "AADSTS70008": "The service account's sign-in has expired.",
    "AADSTS70043": "The organization's sign-in frequency requires the service account to sign in again.",
    "AADSTS50076": "The service account must complete multi-factor authentication (again).",
    "AADSTS50078": "The service account's multi-factor authentication has expired.",
    "AADSTS50079": "The service account must register for multi-factor authentication.",
    "AADSTS53003": "Conditional Access blocks the service account.",
    "AADSTS50057": "The service account is disabled.",
    "AADSTS65001": "The application does not have, or no longer has, the service account's consent.",
    "AADSTS700016": "The application (OAuth client ID) was not found in the tenant.",
    "AADSTS7000215": "The OAuth client secret is wrong.",
    "AADSTS7000222": "The OAuth client secret has expired.",
}
"""Entra's error codes (learn.microsoft.com: Microsoft Entra authentication and authorization error codes)."""


class SignInNeeded(NotAllowed):
    """An admin must sign in the service account (again); the message says why."""

    code = "sign_in_needed"


@dataclass(frozen=True)
class _Token:
    """An access token, and the reference to the refresh token that it was obtained with."""

    value: SecretStr
    expires: datetime
    reference: str


@dataclass
class _Held:
    """The cached state of one integration's account and resource."""

    got: _Token | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class ServiceTokens:
    """Gets access tokens, renews them before they expire, and raises an alarm when only a new sign-in helps."""

    def __init__(self, integrations: IntegrationStore, endpoints: TokenEndpoints, alarms: Alarms, clock: Clock) -> None:
        self._integrations = integrations
        self._endpoints = endpoints
        self._alarms = alarms
        self._clock = clock
        self._held: defaultdict[tuple[str, str], _Held] = defaultdict(_Held)

    async def token(self, uuid: str, resource: str = "") -> SecretStr:
        """An access token for a resource (by default the integration's EWS), valid for at least RENEW_TOKEN_BEFORE.

        Raises SignInNeeded, NotFound, Unavailable.
        """
        integration = await self._integrations.cached(uuid)
        resource = resource or ews_resource(integration)
        held = self._held[integration.uuid, resource]
        async with held.turn:  # concurrent callers wait for one renewal
            if held.got is None or self._is_over(held.got, integration):
                answer = await self._renewed(integration, resource)
                expires = self._clock.now() + _lifetime(answer)
                held.got = _Token(SecretStr(answer["access_token"]), expires, integration.oauth_refresh_token)
            return held.got.value

    async def renew(self, integration: Integration) -> None:
        """Get a new refresh token for the account every night. This restarts its 90 days. Failures become alarms.

        Entra leaves the earlier refresh token valid, so nothing is lost in a crash.
        """
        try:
            await self._renew(integration)
        except SchedulingError as error:
            # SignInNeeded has raised its alarm. After an outage, renewal is retried every night, for up to 90 nights.
            log.warning("integration %s: sign-in not renewed: %s", integration.uuid, error.code)

    async def client_secret(self, integration: Integration) -> dict[str, str]:
        """The form fields that authenticate the application, if it has a secret. Raises Unavailable."""
        secret = await self._integrations.secret(integration.uuid, "oauth_client_secret")
        return {"client_secret": secret.get_secret_value()} if secret else {}

    def forget(self, uuid: str) -> None:
        """Discard the cached state of an integration's account."""
        for key in [key for key in self._held if key[0] == uuid]:
            del self._held[key]

    async def _renew(self, integration: Integration) -> None:
        answer = await self._renewed(integration, ews_resource(integration))
        refresh_token = answer.get("refresh_token")
        if isinstance(refresh_token, str) and refresh_token:
            token, before = SecretStr(refresh_token), integration.oauth_refresh_token
            await renew_refresh_token(self._integrations, integration.uuid, token, before)

    async def _renewed(self, integration: Integration, resource: str) -> dict[str, Any]:
        secret = await self._integrations.secret(integration.uuid, "oauth_refresh_token")
        if secret is None:
            raise await self._lost(integration, resource, _NOT_SIGNED_IN)
        form = {
            "grant_type": "refresh_token",
            "client_id": integration.oauth_client_id or "",
            "refresh_token": secret.get_secret_value(),
            "resource": resource,
        } | await self.client_secret(integration)
        try:
            answer = await self._endpoints.ask(integration, integration.oauth_token_endpoint, form)
        except SignInRefused as refused:
            raise await self._lost(integration, resource, _cause(refused)) from refused
        if not isinstance(answer.get("access_token"), str):
            raise await self._lost(integration, resource, "The token endpoint's response contains no access token.")
        if resource != GRAPH_RESOURCE:
            await self._alarms.clear(integration.uuid, AlarmKind.SIGN_IN)
        return answer

    async def _lost(self, integration: Integration, resource: str, cause: str) -> SignInNeeded:
        if resource != GRAPH_RESOURCE:
            await self._alarms.raise_(integration.uuid, AlarmKind.SIGN_IN, cause)
        return SignInNeeded(cause)

    def _is_over(self, token: _Token, integration: Integration) -> bool:
        return (
            token.reference != integration.oauth_refresh_token
            or self._clock.now() >= token.expires - RENEW_TOKEN_BEFORE
        )


def ews_resource(integration: Integration) -> str:
    """The audience of tokens for an integration's EWS. It is the server in the EWS URL, because national clouds have
    their own servers.

    The sign-in itself requests this audience. A v1 refresh token is valid for every resource that the registration may
    use.
    """
    return resource_of(integration.url) if integration.url else EWS_RESOURCE


def _cause(refused: SignInRefused) -> str:
    known = [_CAUSES[code] for code in refused.codes if code in _CAUSES]
    codes = f" (Code: {', '.join(refused.codes)})" if refused.codes else ""
    return (known[0] if known else "Entra no longer accepts the service account's sign-in.") + codes


def _lifetime(answer: dict[str, Any]) -> timedelta:
    """`expires_in` in seconds: v2 endpoints send a number, and v1 endpoints send a string."""
    try:
        return timedelta(seconds=min(max(int(answer.get("expires_in", 0)), 0), 86_400))
    except (TypeError, ValueError):
        return timedelta(0)
