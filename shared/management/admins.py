"""Who may use the management API: anyone who has the password or an Entra app role, and OAuth2 clients.

`Scheduling.Admin` may do everything. `Scheduling.Read` may read everything except personal PINs, and may not change
anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.errors import NotAllowed
from shared.identity.client_tokens import ClientTokens
from shared.identity.entra import EntraTokens
from shared.identity.passwords import BasicAuthenticator
from shared.settings import BasicCredential, EntraApp

ADMIN_ROLE = "Scheduling.Admin"
"""The app role that grants all rights. It can be assigned to people (for az rest) and to apps."""

READER_ROLE = "Scheduling.Read"


@dataclass(frozen=True)
class Admin:
    """The sender of a request. `name` is a user name or an application's id, and is recorded with changes."""

    name: str
    may_change: bool = True


class Admins(Protocol):
    """Authenticates admins."""

    async def authenticate(self, headers: Mapping[str, str]) -> Admin:
        """The admin authenticated by the headers (names in lower case).

        Raises NotAuthenticated, NotAllowed, RateLimited, Unavailable.
        """
        ...


class PasswordAdmins:
    """Authenticates admins by HTTP Basic, using MANAGEMENT_USERNAME and MANAGEMENT_PASSWORD_HASH. If these are not set,
    nobody can sign in.
    """

    def __init__(self, credential: BasicCredential | None) -> None:
        self._passwords = BasicAuthenticator(credential, "management")
        self._name = credential.username if credential else ""

    async def authenticate(self, headers: Mapping[str, str]) -> Admin:
        """See Admins.authenticate."""
        await self._passwords.check(headers.get("authorization"), headers.get("x-forwarded-for"))
        return Admin(self._name)


class EntraAdmins:
    """Authenticates admins by a bearer token that contains a role and was issued for the app registration
    MANAGEMENT_CLIENT_ID. Leaves other requests to `others`.
    """

    def __init__(self, tokens: EntraTokens, app: EntraApp, others: Admins) -> None:
        self._tokens = tokens
        self._app = app
        self._others = others

    async def authenticate(self, headers: Mapping[str, str]) -> Admin:
        """See Admins.authenticate."""
        token = bearer_token(headers)
        if token is None:
            return await self._others.authenticate(headers)
        claims = await self._tokens.claims(token, self._app.metadata_url, self._app.client_id)
        roles = claims.get("roles")
        held = set(roles) if isinstance(roles, list) and all(isinstance(role, str) for role in roles) else set()
        if not held & {ADMIN_ROLE, READER_ROLE}:
            raise NotAllowed(
                f"The token has neither the app role {ADMIN_ROLE} nor {READER_ROLE}. Have one assigned to "
                "you in Entra, and sign in again."
            )
        return Admin(_name(claims), may_change=ADMIN_ROLE in held)


class ClientAdmins:
    """Authenticates OAuth2 clients by tokens from `POST /oauth/token/`. Leaves other requests to `others`."""

    def __init__(self, tokens: ClientTokens, others: Admins) -> None:
        self._tokens = tokens
        self._others = others

    async def authenticate(self, headers: Mapping[str, str]) -> Admin:
        """See Admins.authenticate."""
        token = bearer_token(headers)
        if token is None or not self._tokens.is_one(token):
            return await self._others.authenticate(headers)
        client = await self._tokens.client(token)
        return Admin(client.name, may_change=client.role == ADMIN_ROLE)


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """The token in the Authorization header (names in lower case); None if the header is missing or uses a different
    scheme.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _name(claims: Mapping[str, Any]) -> str:
    """A person's user name or an application's client id."""
    return str(claims.get("preferred_username") or claims.get("azp") or claims.get("oid") or "")
