"""The state of a sign-in is kept in the browser that started it. Nothing is stored before a provider has authenticated
the user. The cookie contains a signed attempt. PKCE's verifier and the nonce are derived from the attempt's state with
our key, so that only the provider ever sees them.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from shared.clock import Clock
from shared.errors import InvalidRequest, NotAuthenticated
from shared.identity.signed_tokens import Signed

STATE_COOKIE_LIFETIME = timedelta(minutes=15)
"""The time allowed for typing a password and a second factor."""

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_STATE = re.compile(r"[A-Za-z0-9_-]{43}")
_STRANGE = (
    "This sign-in was not started in this window, was already finished, or took longer than 15 minutes. Close this "
    "window, and sign in again from Outlook."
)


@dataclass(frozen=True)
class Attempt:
    """One sign-in. `challenge` is the task pane's challenge, and `expires` is in seconds since 1970."""

    state: str
    integration: str
    challenge: str
    expires: int

    @property
    def digest(self) -> str:
        """The attempt's name in storage."""
        return sha256(self.state.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Proof:
    """The values that bind the provider's response to an attempt: PKCE's verifier (RFC 7636) and OpenID Connect's
    nonce.
    """

    verifier: str
    nonce: str

    @property
    def challenge(self) -> str:
        """PKCE's S256 challenge."""
        return s256(self.verifier)


class Attempts:
    """Creates and recognizes attempts."""

    def __init__(self, signing_key: bytes, clock: Clock) -> None:
        self._signed = Signed(signing_key, "attempt", clock)
        self._key = hmac.digest(signing_key, b"sign-in proofs", "sha256")

    def start(self, integration: str, challenge: str) -> tuple[str, str]:
        """Create an attempt for an integration (uuid) and a task pane's challenge. Returns its state and the Set-Cookie
        header. Raises InvalidRequest.
        """
        if not _CHALLENGE.fullmatch(challenge):
            raise InvalidRequest("This page is opened by the add-in. Close it, and choose Sign In in Outlook.")
        state = secrets.token_urlsafe(32)
        value = self._signed.sign(
            {"state": state, "integration": integration, "challenge": challenge}, STATE_COOKIE_LIFETIME
        )
        return state, _cookie(state, value, STATE_COOKIE_LIFETIME)

    def resume(self, state: str, cookies: str) -> Attempt:
        """The attempt with this state, from the browser's Cookie header. Raises NotAuthenticated."""
        try:
            found = self._signed.read(_value(cookies, _name(state)) if _STATE.fullmatch(state) else "")
        except NotAuthenticated as error:
            raise NotAuthenticated(_STRANGE) from error
        if not hmac.compare_digest(found["state"], state):
            raise NotAuthenticated(_STRANGE)
        return Attempt(state, found["integration"], found["challenge"], found["exp"])

    def proof(self, state: str) -> Proof:
        """The attempt's verifier and nonce."""
        return Proof(self._derived("verifier", state), self._derived("nonce", state))

    def _derived(self, purpose: str, state: str) -> str:
        return _base64url(hmac.digest(self._key, f"{purpose}\n{state}".encode(), "sha256"))


def ended(state: str) -> str:
    """The Set-Cookie header that deletes an attempt's cookie; "" if `state` is invalid."""
    return _cookie(state, "", timedelta(0)) if _STATE.fullmatch(state) else ""


def s256(verifier: str) -> str:
    """The SHA-256 of a verifier in the form of a challenge (RFC 7636)."""
    return _base64url(sha256(verifier.encode()).digest())


def _name(state: str) -> str:
    # Each attempt has its own cookie, so that concurrent dialogs do not interfere. With `__Host-`, no other host can
    # set it.
    return f"__Host-sign-in-{sha256(state.encode()).hexdigest()[:8]}"


def _value(cookies: str, name: str) -> str:
    """The value of the one cookie with this name in a Cookie header, "" if it is missing.

    Other cookies are ignored. A page on a parent domain may set cookies that no parser accepts, and browsers send them
    all the same (RFC 6265, 5.4). A parser that gave up on such a cookie would lose ours.
    """
    pairs = (pair.partition("=") for pair in cookies.split(";"))
    return next((value.strip(" \t") for found, _, value in pairs if found.strip(" \t") == name), "")


def _cookie(state: str, value: str, lifetime: timedelta) -> str:
    # Lax: the provider's redirect is a top-level GET from another site.
    seconds = int(lifetime.total_seconds())
    return f"{_name(state)}={value}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Lax"


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
