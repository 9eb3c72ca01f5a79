"""Who may use the management API: holders of the password, and of an Entra app role."""

from collections.abc import Mapping
from typing import Protocol

from shared.errors import NotAllowed
from shared.identity.entra import EntraTokens
from shared.identity.passwords import BasicAuthenticator
from shared.settings import BasicCredential, EntraApp

ROLE = "Scheduling.Admin"
"""The app role, for people (az rest) and for apps alike."""


class Admins(Protocol):
    """Proves admins."""

    async def authenticate(self, headers: Mapping[str, str]) -> None:
        """Returns when the headers (names in lower case) prove an admin.

        Raises NotAuthenticated, NotAllowed, RateLimited, Unavailable.
        """
        ...


class PasswordAdmins:
    """Admins by HTTP Basic: MANAGEMENT_USERNAME and MANAGEMENT_PASSWORD_HASH. Nobody where these are not set."""

    def __init__(self, credential: BasicCredential | None) -> None:
        self._passwords = BasicAuthenticator(credential, "management")

    async def authenticate(self, headers: Mapping[str, str]) -> None:
        """See Admins.authenticate."""
        await self._passwords.check(headers.get("authorization"), headers.get("x-forwarded-for"))


class EntraAdmins:
    """Admins by a bearer token of the app registration MANAGEMENT_CLIENT_ID that holds ROLE; others by password."""

    def __init__(self, tokens: EntraTokens, app: EntraApp, others: Admins) -> None:
        self._tokens = tokens
        self._app = app
        self._others = others

    async def authenticate(self, headers: Mapping[str, str]) -> None:
        """See Admins.authenticate."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            await self._others.authenticate(headers)
            return
        claims = await self._tokens.claims(token.strip(), self._app.metadata_url, self._app.client_id)
        roles = claims.get("roles")
        if not isinstance(roles, list) or ROLE not in roles:
            raise NotAllowed(f"The token does not hold the app role {ROLE}. Ask for it in Entra, and sign in again.")
