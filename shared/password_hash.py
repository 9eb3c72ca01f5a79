"""Hashes of passwords: `scrypt:<cost>:<salt>:<digest>`, with salt and digest in hexadecimal."""

import hashlib
import hmac
import re
import secrets

_COST = 2**14
_BLOCK = 8
_FORM = re.compile(r"scrypt:(?P<cost>[0-9]{5,6}):(?P<salt>(?:[0-9a-f]{2}){16,64}):(?P<digest>(?:[0-9a-f]{2}){64})")
# From tens of milliseconds and 16 MiB per check up to hundreds of milliseconds and 128 MiB.
_COSTS = {2**power for power in range(14, 18)}


def hash_password(password: str) -> str:
    """A salted scrypt hash, for POLICY_PASSWORD_HASH and MANAGEMENT_PASSWORD_HASH."""
    salt = secrets.token_bytes(16)
    return f"scrypt:{_COST}:{salt.hex()}:{_scrypt(password, salt, _COST).hex()}"


def is_password_hash(text: str) -> bool:
    """Whether the text is a hash that `matches` can check."""
    form = _FORM.fullmatch(text)
    return form is not None and int(form["cost"]) in _COSTS


def matches(password: str, password_hash: str) -> bool:
    """Whether this is the hash of the password, compared in constant time. Raises ValueError for anything that
    `is_password_hash` rejects.
    """
    form = _FORM.fullmatch(password_hash)
    if form is None:
        raise ValueError("not a password hash")
    digest = _scrypt(password, bytes.fromhex(form["salt"]), int(form["cost"]))
    return hmac.compare_digest(digest, bytes.fromhex(form["digest"]))


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    memory = 256 * cost * _BLOCK
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=_BLOCK, p=1, maxmem=memory, dklen=64)
