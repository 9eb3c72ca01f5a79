"""Calls token endpoints, and explains a provider's refusal to sign somebody in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from shared.errors import NotAllowed, Unavailable
from shared.identity.documents import JsonDocuments
from shared.identity.proxy_routes import ProxyRoutes
from shared.integrations import Integration

AUTHORIZATION_CODE_MAX_LENGTH = 8192
"""Maximum length of a code, in characters. Entra's codes are about a thousand characters long."""

_CODE = re.compile(r"\b(?:AADSTS|MSIS)\d{3,7}\b")

_BY_CODE = {
    "AADSTS65004": "access_denied",
    "AADSTS65001": "consent_required",
    "AADSTS90094": "consent_required",
    "AADSTS50076": "interaction_required",
    "AADSTS50079": "interaction_required",
    "AADSTS50158": "interaction_required",
    "AADSTS7000215": "invalid_client",
    "AADSTS7000222": "invalid_client",
    "AADSTS50011": "redirect_uri",
}
"""Entra codes that are more specific than the accompanying OAuth error (learn.microsoft.com: Microsoft Entra
authentication and authorization error codes).
"""

_MEANINGS = {
    "access_denied": "The sign-in was cancelled, or you did not consent to it. Sign in again and choose Accept.",
    "consent_required": "Your organization has not approved this application yet. Please ask your administrator to "
    "grant consent to it in Microsoft Entra.",
    "interaction_required": "Your organization requires another step, such as multi-factor authentication. Sign in "
    "again and complete it.",
    "invalid_client": "The application's client ID or client secret was rejected. Please tell your administrator to "
    "check both in the integration's settings, and whether the secret has expired.",
    "redirect_uri": "This service's redirect URI is not registered. Please tell your administrator to add it to "
    "the application's registration.",
    "invalid_grant": "The sign-in took too long, or was already used. Please sign in again.",
    "temporarily_unavailable": "The sign-in service is busy. Please try again in a few minutes.",
    "server_error": "The sign-in service is having a problem. Please try again in a few minutes.",
}
_LOGIN = "interaction_required"
_SAME = {"login_required": _LOGIN, "account_selection_required": _LOGIN, "unauthorized_client": "invalid_client"}
_UNKNOWN = "The sign-in service refused the sign-in. Please give your administrator the code below."
_TRANSIENT = ("temporarily_unavailable", "server_error")


class SignInRefused(NotAllowed):
    """A provider refused to sign a user in. `error` is the OAuth error, and `codes` are the provider's own codes."""

    code = "sign_in_refused"

    def __init__(self, error: str, codes: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.error = error
        self.codes = codes


def refusal(answer: Mapping[str, Any]) -> SignInRefused | Unavailable:
    """Explain a provider's `error` and `error_description` to the user. Only the codes in the provider's text are
    shown, because the text names people and anybody can forge a callback.
    """
    given, description = str(answer.get("error", "")), str(answer.get("error_description", ""))[:4000]
    codes = tuple(dict.fromkeys(_CODE.findall(description)))[:3]
    error = next((_BY_CODE[code] for code in codes if code in _BY_CODE), _SAME.get(given, given))
    message = _MEANINGS.get(error, _UNKNOWN) + (f" (Code: {', '.join(codes)})" if codes else "")
    if error in _TRANSIENT:
        return Unavailable(message)
    return SignInRefused(error if error in _MEANINGS else "refused", codes, message)


class TokenEndpoints:
    """Calls token endpoints."""

    def __init__(self, documents: ProxyRoutes[JsonDocuments]) -> None:
        self._documents = documents

    async def ask(self, integration: Integration, url: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The successful response from an integration's endpoint. Raises SignInRefused, Unavailable."""
        try:
            status, answer = await self._documents.of(integration).post(url, form)
        except Unavailable as error:
            raise Unavailable(
                "The sign-in service cannot be reached at the moment. Please try again in a few minutes."
            ) from error
        if not isinstance(answer, dict) or status >= 500:
            raise Unavailable("The sign-in service is having a problem. Please try again in a few minutes.")
        if status != 200:
            raise refusal(answer)
        return answer


def resource_of(url: str) -> str:
    """The token audience for the server in a URL: its scheme and host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
