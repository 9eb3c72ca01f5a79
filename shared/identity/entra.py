"""Microsoft Entra access tokens (v2.0) for our own API: how users of Exchange Online authenticate.

Rules: docs/facts/exchange.md §10. There are two ways to get such a token. With nested app authentication (NAA), the
add-in's registration requests the scope of our web API's registration. With Office single sign-on (SSO), Office
requests the scope of the add-in's registration.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.clock import Clock
from shared.errors import NotAuthenticated
from shared.identity.caller import Caller
from shared.identity.entra_keys import EntraKeys, SigningKey
from shared.identity.rs256 import TokenRefused, verified

log = logging.getLogger(__name__)

_INVALID = "The access token is not valid. Close and reopen the add-in, and try again."
_TENANT = "{tenantid}"


@dataclass(frozen=True)
class EntraRules:
    """The required contents of a token.

    metadata_url: the configured OpenID Connect metadata document, which names issuer and keys. audience: client id of
    the registration whose API the token is for. clients: the client ids that may have requested it (`azp`). scope: a
    scope that the token must include. tenants: allowed tenants, if the metadata document is one for all tenants; a
    tenant's own document allows that tenant.
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
        """The caller that `token` identifies, by tenant and object id, which never change.

        Raises NotAuthenticated if any check fails, and Unavailable if the keys cannot be fetched.
        """
        claims = await self.claims(token, rules.metadata_url, rules.audience, rules.tenants)
        _check_user(claims, rules)
        key = f"entra:{_guid(claims, 'tid')}:{_guid(claims, 'oid')}"
        return Caller(key, "entra", issued=int(claims["nbf"]), expires=int(claims["exp"]))

    async def claims(
        self, token: str, metadata_url: str, audience: str, tenants: Collection[str] = ()
    ) -> dict[str, Any]:
        """The claims of a version 2.0 token, if signature, audience, times, issuer and tenant are valid. The caller
        must check whom it was issued to, and for what. Raises NotAuthenticated, Unavailable.
        """

        async def key_of(kid: str) -> SigningKey | None:
            return await self._keys.key(metadata_url, kid)

        try:
            # A v2.0 token's audience is the GUID, never the application id URI.
            claims, key = await verified(token, key_of, [audience.lower()], self._clock.now())
        except TokenRefused as refused:
            raise _refused(str(refused)) from refused
        _check_issuer(claims, key, tenants)
        if claims.get("ver") != "2.0":
            raise _refused("its version is not 2.0 (set requestedAccessTokenVersion of the app registration to 2)")
        return claims


def _refused(reason: str) -> NotAuthenticated:
    """The error for a rejected token. The reason is logged, but not sent to the caller."""
    log.info("An Entra access token was rejected: %s.", reason)
    return NotAuthenticated(_INVALID)


def _check_issuer(claims: dict[str, Any], key: SigningKey, tenants: Collection[str]) -> None:
    """The metadata document and the key must both name the token's issuer for the token's tenant. The tenant must be
    allowed.
    """
    tenant = _guid(claims, "tid")
    if {issuer.replace(_TENANT, tenant) for issuer in (key.issuer, key.own_issuer)} != {claims.get("iss")}:
        raise _refused("its issuer is not that of the metadata document and the key")
    for_all_tenants = _TENANT in key.issuer
    if tenant not in ({known.lower() for known in tenants} if for_all_tenants else key.issuer.lower()):
        raise _refused("its tenant is not in the integration's settings (metadata URL, authority URL, Graph tenant)")


def _check_user(claims: dict[str, Any], rules: EntraRules) -> None:
    """A user must have granted one of our clients access to our scope. An app's own token has roles and no scope."""
    scopes = claims.get("scp")
    if claims.get("idtyp", "user") != "user" or not isinstance(scopes, str):
        raise _refused("it is an app's, not a user's")
    if rules.scope not in scopes.split():
        raise _refused(f"the scope {rules.scope} is not among its scopes")
    if str(claims.get("azp", "")).lower() not in {client.lower() for client in rules.clients if client}:
        raise _refused("another client has requested it (azp)")


def _guid(claims: dict[str, Any], name: str) -> str:
    try:
        return str(UUID(claims[name]))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise _refused(f"it has no {name}") from error
