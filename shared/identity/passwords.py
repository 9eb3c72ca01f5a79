"""Basic authentication for machines and admins (DESIGN §3): a check that is cheap after the first time."""

import asyncio
import base64
import hmac
import secrets

from shared.errors import NotAuthenticated
from shared.identity.password_hash import hash_password, matches
from shared.settings import BasicCredential

__all__ = ["BasicAuthenticator", "hash_password"]


class BasicAuthenticator:
    """Checks `Authorization: Basic` headers against one credential; without a credential nobody gets in.

    scrypt takes tens of milliseconds on purpose. A header that has passed once is remembered as a keyed digest,
    so that a conferencing node's next request costs microseconds.
    """

    def __init__(self, credential: BasicCredential | None) -> None:
        self._credential = credential
        self._memory_key = secrets.token_bytes(32)
        self._passed = b""
        self._one_at_a_time = asyncio.Lock()

    async def check(self, header: str | None) -> None:
        """Raises NotAuthenticated unless the header proves the credential."""
        if self._credential is None or header is None or len(header) > 1024:
            raise NotAuthenticated("A user name and a password are needed.")
        digest = hmac.digest(self._memory_key, header.encode(errors="replace"), "sha256")
        if hmac.compare_digest(digest, self._passed):
            return
        # One derivation at a time: wrong guesses queue up instead of eating all memory and processors.
        async with self._one_at_a_time:
            if not await asyncio.to_thread(self._is_right, header, self._credential):
                raise NotAuthenticated("The user name or the password is wrong.")
        self._passed = digest

    @staticmethod
    def _is_right(header: str, credential: BasicCredential) -> bool:
        scheme, _, encoded = header.partition(" ")
        try:
            username, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:  # not base64, or not UTF-8
            return False
        named = hmac.compare_digest(username.encode(), credential.username.encode())
        right = matches(password, credential.password_hash)
        return scheme.lower() == "basic" and bool(colon) and named and right
