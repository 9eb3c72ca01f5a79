"""Determines who has signed in, from the tokens that the provider issued for the code.

Rules: docs/facts/exchange.md §10, OpenID Connect Core §3.1.3.7. The address is taken only from signed claims, and never
identifies the user. Users are identified by tenant and object id (Azure), or by issuer and SID or UPN (AD FS).
"""

from __future__ import annotations

import hmac
import logging
import re
from dataclasses import dataclass
from typing import Any

from shared.clock import Clock
from shared.errors import NotAllowed, NotAuthenticated
from shared.identity.entra import EntraTokens
from shared.identity.entra_keys import EntraKeys, SigningKey
from shared.identity.rs256 import Claims, TokenRefused, verified
from shared.identity.sign_in.provider import ADFS, AZURE, Provider
from shared.mail_addresses import folded_address

log = logging.getLogger(__name__)

_INVALID = "The sign-in service's response could not be verified. Close this window and sign in again."
_NO_ADDRESS = {
    AZURE: "Your account has no usable e-mail address. Please tell your administrator: the account needs one in "
    "Entra, in a domain that the tenant has verified. A guest's address only counts with the optional claim xms_edov.",
    ADFS: "Your account has no usable e-mail address. Please tell your administrator: AD FS must issue the claims "
    "email (or upn) and upn or sid for the resource identifier.",
}
_ADDRESS = re.compile(r"[^@\s<>\"',;:\x00-\x1f]{1,64}@[^@\s<>\"',;:\x00-\x1f]{1,190}")
MAX_ADDRESS = 100
"""Maximum length of the address in a user record, in characters (docs/facts/pexip.md §2)."""


@dataclass(frozen=True)
class SignedInUser:
    """A user authenticated by a provider. `subject` is permanent and equals the `Caller.key` of the same Entra user."""

    subject: str
    email: str
    name: str


class ProviderTokens:
    """Verifies the responses of token endpoints."""

    def __init__(self, keys: EntraKeys, clock: Clock) -> None:
        self._keys = keys
        self._entra = EntraTokens(keys, clock)
        self._clock = clock

    async def user(self, provider: Provider, answer: Claims, nonce: str) -> SignedInUser:
        """The user who has signed in. Raises NotAuthenticated, NotAllowed (no usable address), Unavailable (no
        keys).
        """
        claims = await (self._adfs(provider, answer) if provider.kind == ADFS else self._azure(provider, answer))
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _refused("its nonce belongs to another sign-in")
        subject = _adfs_subject(claims) if provider.kind == ADFS else f"entra:{claims['tid']}:{_text(claims, 'oid')}"
        email = _address(claims, provider.kind)
        return SignedInUser(subject.lower(), email, str(claims.get("name", ""))[:250])

    async def _azure(self, provider: Provider, answer: Claims) -> Claims:
        # No tenants are passed: a metadata document for all tenants is rejected, because anybody can run a tenant whose
        # users have arbitrary addresses.
        token = _token(answer, "id_token")
        try:
            return await self._entra.claims(token, provider.metadata_url, provider.client_id)
        except NotAuthenticated as refused:  # the original error is worded for the add-in, not for the dialog
            raise NotAuthenticated(_INVALID) from refused

    async def _adfs(self, provider: Provider, answer: Claims) -> Claims:
        """The claims of both tokens. The ID token has the nonce, and the access token has the claims that the
        resource's rules issue.

        By default, the ID token has upn, unique_name and sid. The access token has no claims about the user, and its
        audience is the unchanged identifier (captures named in _address, and vouch/vouch-proxy#158). It is not
        confirmed against a live AD FS that the other form of the audience occurs.
        """
        resources = [provider.resource, f"microsoft:identityserver:{provider.resource}"]
        proven, key = await self._verified(provider, _token(answer, "id_token"), [provider.client_id])
        if proven.get("iss") != key.issuer:
            raise _refused("an issuer other than the metadata document's")
        granted, key = await self._verified(provider, _token(answer, "access_token"), resources)
        if granted.get("iss") != (key.access_token_issuer or key.issuer):
            raise _refused("its issuer is not the metadata document's access_token_issuer")
        if granted.get("appid", provider.client_id) != provider.client_id:
            raise _refused("another client has requested it (appid)")
        if any(proven[name] != granted[name] for name in ("upn", "sid") if name in proven and name in granted):
            raise _refused("its two tokens belong to different users")
        return {**granted, **proven}

    async def _verified(self, provider: Provider, token: str, audiences: list[str]) -> tuple[Claims, SigningKey]:
        async def key_of(kid: str) -> SigningKey | None:
            return await self._keys.key(provider.metadata_url, kid)

        try:
            # AD FS does not put nbf into its ID tokens, but every token has its time of issue.
            return await verified(token, key_of, audiences, self._clock.now(), begin="iat")
        except TokenRefused as refused:
            raise _refused(str(refused)) from refused


def _refused(reason: str) -> NotAuthenticated:
    log.info("A sign-in's token was rejected: %s.", reason)
    return NotAuthenticated(_INVALID)


def _token(answer: Claims, name: str) -> str:
    token = answer.get(name)
    if not isinstance(token, str):
        raise _refused(f"there is no {name}")
    return token


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise _refused(f"it has no {name}")
    return value


def _adfs_subject(claims: Claims) -> str:
    """The part of the key that identifies the user. Keys are compared case-folded, so a UPN must not fold to another
    UPN. Users whose UPN could do so are identified by sid.
    """
    if "sid" in claims:
        return f"adfs:{claims['iss']}:{_text(claims, 'sid')}"
    try:
        return f"adfs:{claims['iss']}:{folded_address(_text(claims, 'upn'))}"
    except ValueError as error:
        raise _refused("it has no sid, and its upn is not ASCII") from error


def _address(claims: Claims, kind: str) -> str:
    """The user's address, in lower case.

    AD FS's ID tokens have no `email` by default (Microsoft's MS-OIDCE; captures at smallstep/certificates#398 and
    jumbojett/OpenID-Connect-PHP#135). The UPN may be used instead, because only the domain's administrators assign
    UPNs.
    """
    email: Any = claims.get("email") if _is_vouched_for(claims) else None
    if not email and kind == ADFS:
        email = claims.get("upn")
    if not isinstance(email, str) or len(email) > MAX_ADDRESS or not _ADDRESS.fullmatch(email):
        raise NotAllowed(_NO_ADDRESS[kind])
    try:
        return folded_address(email)
    except ValueError as error:
        raise NotAllowed(_NO_ADDRESS[kind]) from error


def _is_vouched_for(claims: Claims) -> bool:
    """Whether `email` is verified.

    With Azure, `xms_edov` and `email_verified` show whether the owner of the address's domain is verified, if a
    registration requests these claims. Without them, members' addresses count as verified by the tenant. Guests'
    addresses (`idp`) do not, because a guest's home tenant may belong to anybody. It is not confirmed against a live
    tenant that a member's `idp`, if present, always contains the tenant's id. If it does not, `xms_edov` has to be
    requested.
    """
    said = [_is_true(claims[name]) for name in ("xms_edov", "email_verified") if name in claims]
    is_guest = "tid" in claims and str(claims["tid"]) not in str(claims.get("idp", claims["tid"])).lower()
    return all(said) if said else not is_guest


def _is_true(value: object) -> bool:
    # Entra writes the optional claim xms_edov as true, 1, "1" or "true", depending on the token's kind.
    return value in (True, "1", "true", "True")
