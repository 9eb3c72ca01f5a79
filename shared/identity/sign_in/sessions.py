"""Session tokens. The task pane uses them to identify a user who has signed in through the dialog (X5)."""

from __future__ import annotations

import hmac
from dataclasses import asdict
from datetime import timedelta

from shared.clock import Clock
from shared.errors import NotAuthenticated
from shared.identity.caller import Caller
from shared.identity.end_users import EndUsers
from shared.identity.sign_in.codes import Redeemed
from shared.identity.sign_in.provider import fingerprint
from shared.identity.signed_tokens import Signed
from shared.integrations import Integration

SESSION_LIFETIME = timedelta(days=30)
_OVER = "Please sign in again."


class Sessions:
    """Session tokens are signed with the deployment's key. They are valid as long as the user's record remembers that
    particular sign-in, and the integration still uses the provider that authenticated the user.
    """

    def __init__(self, signing_key: bytes, users: EndUsers, clock: Clock) -> None:
        self._signed = Signed(signing_key, "session", clock)
        self._users = users

    def make(self, integration: Integration, owner: Redeemed) -> str:
        """Create a token for a user, bound to the integration."""
        return self._signed.sign({"integration": integration.uuid, **asdict(owner)}, SESSION_LIFETIME)

    def is_one(self, token: str) -> bool:
        """Whether a token claims to be a session token. Nothing is verified."""
        return self._signed.is_one(token)

    async def owner(self, integration: Integration, token: str) -> Redeemed:
        """The user whom a token identifies. Raises Unavailable, NotAuthenticated (also if the record is gone or signed
        out).
        """
        return (await self._read(integration, token))[0]

    async def verify(self, integration: Integration, token: str) -> Caller:
        """The caller that a token identifies. Raises NotAuthenticated, Unavailable."""
        owner, email = await self._read(integration, token)
        return Caller(key=owner.subject, method="session", email=email)

    async def _read(self, integration: Integration, token: str) -> tuple[Redeemed, str]:
        stated = self._signed.read(token)
        if stated["integration"] != integration.uuid:
            raise NotAuthenticated(_OVER)
        user = await self._users.known(integration, stated["subject"])
        if user is None or user.uuid != stated["user"]:  # deleted, recreated, or signed out
            raise NotAuthenticated(_OVER)
        # Tokens from earlier versions have no id, and their sign-ins have the id "" until the user signs out.
        if not hmac.compare_digest(stated.get("sign_in", ""), user.sign_in(integration.uuid, stated["subject"])):
            raise NotAuthenticated(_OVER)  # signed out and in again
        provider = fingerprint(integration)
        if stated.get("provider", provider) != provider:
            raise NotAuthenticated(_OVER)
        return Redeemed(user.uuid, stated["subject"], stated.get("sign_in", ""), provider), user.email
