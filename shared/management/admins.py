"""Who may use the management API."""

from collections.abc import Mapping
from typing import Protocol

from shared.identity.passwords import BasicAuthenticator
from shared.settings import BasicCredential


class Admins(Protocol):
    """Proves admins."""

    async def authenticate(self, headers: Mapping[str, str]) -> object:
        """The admin whose proof of identity is in the headers (names in lower case).

        Raises NotAuthenticated, NotAllowed.
        """
        ...


class PasswordAdmins:
    """Admins by HTTP Basic: MANAGEMENT_USERNAME and MANAGEMENT_PASSWORD_HASH. Nobody where these are not set."""

    def __init__(self, credential: BasicCredential | None) -> None:
        self._credential = credential
        self._passwords = BasicAuthenticator(credential)

    async def authenticate(self, headers: Mapping[str, str]) -> object:
        """The credential's user name. Raises NotAuthenticated."""
        await self._passwords.check(headers.get("authorization"))
        return self._credential.username if self._credential else ""
