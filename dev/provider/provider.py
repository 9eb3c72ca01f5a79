"""The provider's codes, tokens and errors, without HTTP."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from dev.provider.faces import Face
from dev.provider.keys import Keys
from dev.provider.registry import TENANT, Account, Application, accounts, applications

TOKEN_LIFETIME_SECONDS = 3600
"""How long access and ID tokens are valid."""


class Refused(Exception):
    """An OAuth error, with its code, the provider's own number, and a description."""

    def __init__(self, error: str, number: int, description: str) -> None:
        super().__init__(description)
        self.error, self.number = error, number


@dataclass(frozen=True)
class Granted:
    """The grant that a code or a refresh token represents."""

    account: Account
    application: Application
    face: Face
    asked: Mapping[str, str]


@dataclass
class Provider:
    """The provider's state. With `refuse_next`, the next token request fails with this error and number."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    keys: Keys = field(default_factory=Keys)
    accounts: list[Account] = field(default_factory=accounts)
    applications: list[Application] = field(default_factory=applications)
    refuse_next: tuple[str, int] | None = None
    codes: dict[str, Granted] = field(default_factory=dict)
    refresh_tokens: dict[str, Granted] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    """All token requests, in order."""

    def application(self, asked: Mapping[str, str]) -> Application:
        """The application that an authorization request is for. Raises Refused, for example if the redirect URI is not
        registered.
        """
        found = next((app for app in self.applications if app.client_id == asked.get("client_id")), None)
        if found is None:
            raise Refused("unauthorized_client", 700016, "Application not found.")
        if urlsplit(asked.get("redirect_uri", "")).path not in found.redirect_paths:
            raise Refused("invalid_request", 50011, "The redirect URI does not match.")
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            raise Refused("invalid_request", 900144, "The request must be for a code, with PKCE.")
        return found

    def code(self, face: Face, asked: Mapping[str, str], upn: str) -> str:
        """Issue a code for an account that has signed in."""
        account = next(account for account in self.accounts if account.upn == upn)
        code = secrets.token_urlsafe(64)
        self.codes[code] = Granted(account, self.application(asked), face, dict(asked))
        return code

    def redeem(self, face: Face, form: Mapping[str, str]) -> dict[str, Any]:
        """The token endpoint's response. Raises Refused."""
        self.forms.append(dict(form))
        if self.refuse_next:
            (error, number), self.refuse_next = self.refuse_next, None
            raise Refused(error, number, "Requested by the test: alice@example.com")
        match form.get("grant_type"):
            case "authorization_code":
                granted = self._by_code(face, form)
            case "refresh_token":
                granted = self._by_refresh_token(face, form)
            case "client_credentials":
                return self._as_application(face, form)
            case _:
                raise Refused("unsupported_grant_type", 70003, "The grant type is not supported.")
        _check_client(granted.application, form)
        return self._answer(granted, form)

    def _by_code(self, face: Face, form: Mapping[str, str]) -> Granted:
        granted = self.codes.pop(form.get("code", ""), None)
        if granted is None or granted.face != face:
            raise Refused("invalid_grant", 54005, "The code was redeemed already.")
        if form.get("redirect_uri") != granted.asked["redirect_uri"]:
            raise Refused("invalid_grant", 50011, "The redirect URI differs from the one in the authorization request.")
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if challenge != granted.asked["code_challenge"]:
            raise Refused("invalid_grant", 50148, "The code_verifier does not match the code_challenge.")
        return granted

    def _by_refresh_token(self, face: Face, form: Mapping[str, str]) -> Granted:
        granted = self.refresh_tokens.get(form.get("refresh_token", ""))
        if granted is None or granted.face != face:
            raise Refused("invalid_grant", 50173, "The grant was revoked.")
        return granted

    def _answer(self, granted: Granted, form: Mapping[str, str]) -> dict[str, Any]:
        refresh_token = secrets.token_urlsafe(48)
        self.refresh_tokens[refresh_token] = granted
        now = int(self.clock().timestamp())
        times = {"iat": now, "nbf": now, "exp": now + TOKEN_LIFETIME_SECONDS}
        face, account, app = granted.face, granted.account, granted.application
        resource = form.get("resource") or app.resource
        return {
            "token_type": "Bearer",
            "expires_in": face.number(TOKEN_LIFETIME_SECONDS),
            "access_token": self.keys.sign(times | face.access_token(account, app, resource) | account.claims),
            "id_token": self.keys.sign(times | face.id_token(account, app, granted.asked) | account.claims),
            "refresh_token": refresh_token,
        }

    def _as_application(self, face: Face, form: Mapping[str, str]) -> dict[str, Any]:
        """A token for the application itself, with the role for EWS. Requests to v1 contain a resource. Requests to v2
        contain the resource's scope `.default`.
        """
        app = next((app for app in self.applications if app.secret and app.client_id == form.get("client_id")), None)
        if app is None:
            raise Refused("unauthorized_client", 700016, "Application not found.")
        _check_client(app, form)
        resource = form.get("resource") or form.get("scope", "").removesuffix("/.default")
        now = int(self.clock().timestamp())
        claims = {"iss": face.issuer, "tid": TENANT, "aud": resource, "appid": app.client_id, "iat": now, "nbf": now}
        token = self.keys.sign(claims | {"exp": now + TOKEN_LIFETIME_SECONDS, "roles": ["full_access_as_app"]})
        return {"token_type": "Bearer", "expires_in": face.number(TOKEN_LIFETIME_SECONDS), "access_token": token}


def _check_client(application: Application, form: Mapping[str, str]) -> None:
    if form.get("client_id") != application.client_id:
        raise Refused("invalid_grant", 700005, "The code belongs to another client.")
    if form.get("client_secret", "") != application.secret:
        raise Refused("invalid_client", 7000215, "Invalid client secret provided.")
