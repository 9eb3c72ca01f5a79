"""The differences between Entra and AD FS: URLs, issuers, claims, and error formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dev.provider.registry import TENANT, Account, Application


@dataclass(frozen=True)
class Face:
    """A kind of provider. `base` is its URL without a path, and `root` is the path in front of its endpoints."""

    base: str
    root: str

    authorize = "/oauth2/authorize"
    token = "/oauth2/token"  # noqa: S105  # a path
    jwks = "/discovery/keys"
    metadata = "/.well-known/openid-configuration"
    code_prefix = "AADSTS"

    @property
    def issuer(self) -> str:
        """The issuer of ID tokens."""
        return f"{self.base}{self.root}"

    @property
    def key_issuer(self) -> str:
        """The issuer in the JWKS entries, or "" if the entries have no issuer."""
        return self.issuer

    def document(self) -> dict[str, Any]:
        """The metadata document."""
        at = f"{self.base}{self.root}"
        return {
            "issuer": self.issuer,
            "authorization_endpoint": at + self.authorize,
            "token_endpoint": at + self.token,
            "jwks_uri": at + self.jwks,
        }

    def number(self, value: int) -> int | str:
        """A number as written in this provider's JSON."""
        return value

    def id_token(self, account: Account, app: Application, asked: Mapping[str, str]) -> dict[str, Any]:
        """An ID token's claims, without times."""
        raise NotImplementedError

    def access_token(self, account: Account, app: Application, resource: str) -> dict[str, Any]:
        """An access token's claims, without times."""
        raise NotImplementedError


class EntraV2(Face):
    """Microsoft Entra, v2.0."""

    authorize = "/oauth2/v2.0/authorize"
    token = "/oauth2/v2.0/token"  # noqa: S105  # a path
    jwks = "/discovery/v2.0/keys"
    metadata = "/v2.0/.well-known/openid-configuration"

    @property
    def issuer(self) -> str:
        """The issuer and claims of v2 tokens."""
        return f"{self.base}{self.root}/v2.0"

    def id_token(self, account: Account, app: Application, asked: Mapping[str, str]) -> dict[str, Any]:
        """The claims of an ID token, including name and address for the scopes profile and email."""
        return _entra(self.issuer, account) | {
            "aud": app.client_id,
            "nonce": asked.get("nonce"),
            "name": account.name,
            "preferred_username": account.upn,
            "email": account.upn,
            "ver": "2.0",
        }

    def access_token(self, account: Account, app: Application, resource: str) -> dict[str, Any]:
        """The claims of an access token for Microsoft Graph, as issued if only openid scopes are requested. Only Graph
        can verify the token.
        """
        return _entra(self.issuer, account) | {"aud": "00000003-0000-0000-c000-000000000000", "azp": app.client_id}


class EntraV1(Face):
    """Microsoft Entra, v1. Numbers in its responses are strings."""

    def number(self, value: int) -> int | str:
        """The number as a string."""
        return str(value)

    @property
    def issuer(self) -> str:
        """The URL of the Security Token Service, regardless of the host in the request."""
        return f"https://sts.windows.net/{TENANT}/"

    def id_token(self, account: Account, app: Application, asked: Mapping[str, str]) -> dict[str, Any]:
        """The claims of an ID token, with upn and unique_name."""
        names = {"upn": account.upn, "unique_name": account.upn}
        return _entra(self.issuer, account) | names | {"aud": app.client_id, "ver": "1.0", "nonce": asked.get("nonce")}

    def access_token(self, account: Account, app: Application, resource: str) -> dict[str, Any]:
        """The claims of an access token for the requested resource."""
        return _entra(self.issuer, account) | {
            "aud": resource,
            "appid": app.client_id,
            "upn": account.upn,
            "ver": "1.0",
        }


class Adfs(Face):
    """AD FS. Access tokens have a different issuer from ID tokens, and ID tokens have no nbf."""

    code_prefix = "MSIS"

    @property
    def key_issuer(self) -> str:
        """No issuer."""
        return ""

    @property
    def access_token_issuer(self) -> str:
        """The issuer of access tokens. Its scheme is http, even if the request used https."""
        return f"http://{self.base.partition('://')[2]}{self.root}/services/trust"

    def document(self) -> dict[str, Any]:
        """The metadata document, including access_token_issuer."""
        return super().document() | {"access_token_issuer": self.access_token_issuer}

    def id_token(self, account: Account, app: Application, asked: Mapping[str, str]) -> dict[str, Any]:
        """The claims of an ID token, with upn, unique_name and sid, but without an address. AD FS issues these if there
        are no additional rules.
        """
        return {
            "iss": self.issuer,
            "aud": app.client_id,
            "sub": "pairwise",
            "nonce": asked.get("nonce"),
            "upn": account.upn,
            "unique_name": f"EXAMPLE\\{account.upn.partition('@')[0]}",
            "sid": account.sid,
            "nbf": None,
        }

    def access_token(self, account: Account, app: Application, resource: str) -> dict[str, Any]:
        """The claims of an access token for the resource identifier, as issued by its rules."""
        return {
            "iss": self.access_token_issuer,
            "aud": resource,
            "apptype": "Public",
            "appid": app.client_id,
            "upn": account.upn,
            "email": account.upn,
            "scp": "openid profile email",
            "ver": "1.0",
        }


FACES: tuple[Face, ...] = (EntraV2("", f"/{TENANT}"), EntraV1("", f"/{TENANT}"), Adfs("", "/adfs"))
"""All kinds of providers, without a base URL."""


def _entra(issuer: str, account: Account) -> dict[str, Any]:
    return {"iss": issuer, "tid": TENANT, "oid": account.oid, "sub": f"pairwise-{account.oid}"}
