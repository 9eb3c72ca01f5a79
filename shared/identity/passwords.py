"""Basic authentication for machines and admins (DESIGN §3): hashes, and a check that is cheap after the first time."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets

from shared.errors import NotAuthenticated
from shared.settings import BasicCredential

_COST = 2**14
_BLOCK = 8


def hash_password(password: str) -> str:
    """A salted scrypt hash, as POLICY_PASSWORD_HASH and MANAGEMENT_PASSWORD_HASH hold it."""
    salt = secrets.token_bytes(16)
    return f"scrypt:{_COST}:{salt.hex()}:{_scrypt(password, salt, _COST).hex()}"


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=_BLOCK, p=1, maxmem=256 * cost * _BLOCK)


def _matches(password: str, password_hash: str) -> bool:
    scheme, cost, salt, digest = password_hash.split(":")
    if scheme != "scrypt":
        raise ValueError("unknown password hash scheme")
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(salt), int(cost)), bytes.fromhex(digest))


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
        digest = hmac.digest(self._memory_key, header.encode(), "sha256")
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
        except (binascii.Error, UnicodeDecodeError):
            return False
        named = hmac.compare_digest(username.encode(), credential.username.encode())
        right = _matches(password, credential.password_hash)
        return scheme.lower() == "basic" and bool(colon) and named and right
