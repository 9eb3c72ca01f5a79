"""Exchange user identity tokens: how users of Exchange on-premises authenticate.

Rules: docs/facts/exchange.md §10.
"""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt

from shared.clock import Clock
from shared.errors import NotAuthenticated
from shared.identity.caller import Caller
from shared.identity.exchange_metadata import ExchangeMetadata
from shared.identity.rs256 import SKEW

EXCHANGE_TOKEN_MAX_LENGTH = 16_384
_INVALID = "The identity token is not valid. Close and reopen the add-in, and try again."


class ExchangeTokens:
    """Verifies identity tokens against an integration's configured metadata URLs."""

    def __init__(self, metadata: ExchangeMetadata, clock: Clock) -> None:
        self._metadata = metadata
        self._clock = clock

    async def verify(self, token: str, metadata_urls: Collection[str], audience: str) -> Caller:
        """The caller that `token` identifies. `audience` is the add-in page's URL in the manifest. Raises
        NotAuthenticated if any check fails, and Unavailable if the key cannot be fetched.
        """
        thumbprint, url = _claimed_key(token, {normalise(url): url for url in metadata_urls})
        signing_key = await self._metadata.key(url, thumbprint)
        if signing_key is None:
            raise NotAuthenticated(_INVALID)
        claims = _verified_claims(token, signing_key, audience)
        issued, expires = _checked_times(claims, self._clock.now())
        key = f"exchange:{_app_context(claims)['msexchuid']}:{normalise(url)}"
        return Caller(key, "exchange_token", issued=issued, expires=expires)


def is_exchange_token(token: str) -> bool:
    """Whether a token claims to be Exchange's; nothing is verified."""
    if len(token) > EXCHANGE_TOKEN_MAX_LENGTH:
        return False
    try:
        return "appctx" in jwt.decode(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return False


def normalise(url: str) -> str:
    """A metadata URL normalized for comparison: lower-case scheme and host, explicit port, and path."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}{parts.path or '/'}"


def _claimed_key(token: str, configured: dict[str, str]) -> tuple[str, str]:
    """The thumbprint and the *configured* metadata URL given in a token that is not verified yet (`amurl` rule)."""
    if len(token) > EXCHANGE_TOKEN_MAX_LENGTH:
        raise NotAuthenticated(_INVALID)
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
        thumbprint, amurl = header["x5t"], normalise(_app_context(claims)["amurl"])
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotAuthenticated(_INVALID) from error
    if not isinstance(thumbprint, str) or amurl not in configured:
        raise NotAuthenticated(_INVALID)
    return thumbprint, configured[amurl]


def _verified_claims(token: str, key: Any, audience: str) -> dict[str, Any]:
    # Times are checked by _checked_times: they are numbers in real tokens, but strings in the documentation.
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=audience,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError as error:
        raise NotAuthenticated(_INVALID) from error
    return claims


def _checked_times(claims: dict[str, Any], now: datetime) -> tuple[int, int]:
    try:
        not_before, expires = int(claims["nbf"]), int(claims["exp"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotAuthenticated(_INVALID) from error
    skew = SKEW // timedelta(seconds=1)
    if not not_before - skew <= now.timestamp() < expires + skew:
        raise NotAuthenticated(_INVALID)
    return not_before, expires


def _app_context(claims: dict[str, Any]) -> dict[str, str]:
    """The `appctx` claim: a JSON string in real tokens, an object in the documentation."""
    try:
        context = claims["appctx"]
        context = json.loads(context) if isinstance(context, str) else context
        valid = context["version"] == "ExIdTok.V1" and context["msexchuid"] and context["amurl"]
    except (KeyError, TypeError, ValueError) as error:
        raise NotAuthenticated(_INVALID) from error
    if not valid or not all(isinstance(context[name], str) for name in ("msexchuid", "amurl")):
        raise NotAuthenticated(_INVALID)
    return dict(context)
