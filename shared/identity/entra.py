"""Microsoft Entra access tokens (v2.0) for our own API: how users of Exchange Online prove who they are.

Rules: facts/graph-ews-tokens.md §10. Two kinds of app registration issue them. Nested app authentication (NAA): the
add-in's registration asks for the scope of our web API's. Office single sign-on (SSO): Office asks for the add-in's.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from shared.clock import Clock
from shared.errors import NotAuthenticated
from shared.identity.caller import Caller
from shared.identity.entra_keys import EntraKeys, SigningKey

log = logging.getLogger(__name__)

SKEW = timedelta(minutes=5)
MAX_TOKEN = 16_384
_INVALID = "The access token is not valid. Close and reopen the add-in, and try again."
_TENANT = "{tenantid}"


@dataclass(frozen=True)
class EntraRules:
    """What a token must say to be believed.

    metadata_url: the configured OpenID Connect metadata document, which names issuer and keys.
    audience: client id of the registration whose API the token is for.
    clients: client ids that may have asked for it (`azp`).
    scope: the scope that must be among the token's.
    tenants: allowed tenants, where the metadata document is one for all tenants; a tenant's own document allows it.
    """

    metadata_url: str
    audience: str
    clients: Collection[str]
    scope: str
    tenants: Collection[str] = ()


class EntraTokens:
    """Verifies access tokens."""

    def __init__(self, keys: EntraKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def verify(self, token: str, rules: EntraRules) -> Caller:
        """The caller that `token` proves, by tenant and object id, which never change.

        Raises NotAuthenticated when any check fails, and Unavailable when the keys cannot be fetched.
        """
        claims = await self.claims(token, rules.metadata_url, rules.audience, rules.tenants)
        _check_user(claims, rules)
        return Caller(key=f"entra:{_guid(claims, 'tid')}:{_guid(claims, 'oid')}", method="entra")

    async def claims(
        self, token: str, metadata_url: str, audience: str, tenants: Collection[str] = ()
    ) -> dict[str, Any]:
        """What a version 2.0 token says, once signature, audience, times, issuer and tenant hold.

        Whom it was issued to, and for what, is left to the caller. Raises NotAuthenticated, Unavailable.
        """
        key = await self._keys.key(metadata_url, _claimed_key(token))
        if key is None:
            raise _refused("its key is unknown")
        claims = _verified_claims(token, key, audience)
        if not _is_timely(claims, self._clock.now()):
            raise _refused("it has expired, or is not valid yet")
        _check_issuer(claims, key, tenants)
        if claims.get("ver") != "2.0":
            raise _refused("its version is not 2.0 (set requestedAccessTokenVersion of the app registration to 2)")
        return claims


def _refused(reason: str) -> NotAuthenticated:
    """The refusal. The log knows the reason; whoever sent the token does not."""
    log.info("An Entra access token was refused: %s.", reason)
    return NotAuthenticated(_INVALID)


def _claimed_key(token: str) -> str:
    """The key that the still unverified token names; only RS256 is taken, so no public key can pass for a secret."""
    if len(token) > MAX_TOKEN:
        raise _refused("it is too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise _refused("it is not a JWT") from error
    kid = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(kid, str):
        raise _refused("it is not signed with RS256 and a named key")
    return kid


def _verified_claims(token: str, key: SigningKey, audience: str) -> dict[str, Any]:
    # Times are checked by _is_timely, by our clock. A v2.0 token's audience is the GUID, never the application id URI.
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=audience.lower(),
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "strict_aud": True},
        )
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise _refused(f"{type(error).__name__}") from error
    return claims


def _is_timely(claims: dict[str, Any], now: datetime) -> bool:
    not_before, expires = claims.get("nbf"), claims.get("exp")
    if not isinstance(not_before, int) or not isinstance(expires, int):
        return False
    return not_before - SKEW.total_seconds() <= now.timestamp() < expires + SKEW.total_seconds()


def _check_issuer(claims: dict[str, Any], key: SigningKey, tenants: Collection[str]) -> None:
    """The issuer must be the metadata document's and the key's, for the token's own tenant; and that one allowed."""
    tenant = _guid(claims, "tid")
    if {issuer.replace(_TENANT, tenant) for issuer in (key.issuer, key.own_issuer)} != {claims.get("iss")}:
        raise _refused("another issuer than the metadata document's and the key's")
    for_all_tenants = _TENANT in key.issuer
    if tenant not in ({known.lower() for known in tenants} if for_all_tenants else key.issuer.lower()):
        raise _refused("its tenant is none of the integration's (metadata URL, authority URL, Graph tenant)")


def _check_user(claims: dict[str, Any], rules: EntraRules) -> None:
    """A user must have let one of our clients have it, for our scope. An app's own token has roles and no scope."""
    scopes = claims.get("scp")
    if claims.get("idtyp", "user") != "user" or not isinstance(scopes, str):
        raise _refused("it is an app's, not a user's")
    if rules.scope not in scopes.split():
        raise _refused(f"the scope {rules.scope} is not among its scopes")
    if str(claims.get("azp", "")).lower() not in {client.lower() for client in rules.clients if client}:
        raise _refused("another client has asked for it (azp)")


def _guid(claims: dict[str, Any], name: str) -> str:
    try:
        return str(UUID(claims[name]))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise _refused(f"it has no {name}") from error
