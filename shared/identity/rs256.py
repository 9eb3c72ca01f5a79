"""Checks that apply to all tokens signed with RS256, regardless of the issuer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import jwt

from shared.identity.entra_keys import SigningKey

SKEW = timedelta(minutes=5)
JWT_MAX_LENGTH = 16_384
"""Maximum length in characters."""

Claims: TypeAlias = dict[str, Any]
KeyOf: TypeAlias = Callable[[str], Awaitable[SigningKey | None]]
"""Finds a key by its id. Raises Unavailable."""


class TokenRefused(Exception):
    """A token failed a check. The reason is for the log, not for the token's sender."""


async def verified(
    token: str, key_of: KeyOf, audiences: Collection[str], now: datetime, begin: str = "nbf"
) -> tuple[Claims, SigningKey]:
    """The claims of a token, and its key, if the signature, one of `audiences` and the times are valid.

    `begin` names the claim with the start of the token's validity. The caller must check the issuer. Raises
    TokenRefused, Unavailable.
    """
    key = await key_of(_claimed_key(token))
    if key is None:
        raise TokenRefused("its key is unknown")
    claims = _signed_claims(token, key)
    audience = claims.get("aud")
    if not isinstance(audience, str) or not audience or audience not in audiences:
        raise TokenRefused("it is for another audience")
    if not _is_timely(claims, now, begin):
        raise TokenRefused("it has expired, or is not valid yet")
    return claims, key


def _claimed_key(token: str) -> str:
    """The key named in a token that is not verified yet. Only RS256 is accepted, so that no public key can be used as a
    secret.
    """
    if len(token) > JWT_MAX_LENGTH:
        raise TokenRefused("it is too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise TokenRefused("it is not a JWT") from error
    kid = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(kid, str):
        raise TokenRefused("it is not signed with RS256, or names no key")
    return kid


def _signed_claims(token: str, key: SigningKey) -> Claims:
    # Audience and times are checked by `verified`, which compares the times with our clock.
    options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
    try:
        claims: Claims = jwt.decode(token, key.key, algorithms=["RS256"], options=options)
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise TokenRefused(type(error).__name__) from error
    return claims


def _is_timely(claims: Claims, now: datetime, begin: str) -> bool:
    start, expires = claims.get(begin), claims.get("exp")
    if not isinstance(start, int) or not isinstance(expires, int):
        return False
    return start - SKEW.total_seconds() <= now.timestamp() < expires + SKEW.total_seconds()
