"""The identity provider that an integration's users sign in to: Azure (v2.0) or AD FS. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from shared.errors import Unavailable
from shared.identity.sign_in.state_cookie import Proof
from shared.integrations import Integration

AZURE, ADFS = "AZURE", "ADFS"

_METADATA = {AZURE: "/v2.0/.well-known/openid-configuration", ADFS: "/.well-known/openid-configuration"}
_EVERYBODY = ("/common", "/organizations", "/consumers")
_ENDPOINTS = {AZURE: "/oauth2/v2.0/token", ADFS: "/oauth2/token"}


@dataclass(frozen=True)
class Provider:
    """Where users sign in, and for which application. `resource` is the AD FS resource identifier, "" with Azure."""

    kind: str
    authorize_url: str
    token_url: str
    metadata_url: str
    client_id: str
    resource: str

    def authorization(self, redirect_uri: str, state: str, proof: Proof) -> str:
        """The URL to which the user's browser is sent."""
        asked = {
            "client_id": self.client_id,
            "response_type": "code",
            "response_mode": "query",
            "redirect_uri": redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": proof.nonce,
            "code_challenge": proof.challenge,
            "code_challenge_method": "S256",
        }
        return with_query(self.authorize_url, asked | self._resource())

    def exchange(self, redirect_uri: str, code: str, proof: Proof, secret: str) -> dict[str, str]:
        """The form that exchanges a code for tokens. With AD FS, the application is a public client (no secret)."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": proof.verifier,
        }
        return form | self._resource() | ({"client_secret": secret} if self.kind == AZURE else {})

    def _resource(self) -> dict[str, str]:
        return {"resource": self.resource} if self.kind == ADFS else {}


def provider_of(integration: Integration) -> Provider:
    """The provider in an integration's settings.

    The metadata document is expected next to the token endpoint, on the host that this service (rather than the
    browser) must reach. Raises Unavailable if the settings are incomplete, or not in the documented form.
    """
    kind, token_url = integration.auth_provider, integration.personal_vmr_oauth_token_endpoint
    parts = urlsplit(token_url)
    root, found, _ = parts.path.rpartition(_ENDPOINTS[kind])
    if not (found and integration.personal_vmr_oauth_auth_endpoint and integration.personal_vmr_oauth_client_id):
        raise Unavailable(
            "Sign-in is not set up here. Please tell your administrator: the user OAuth authorization URI, token URI "
            f"and client ID must be set, and the token URI must end in {_ENDPOINTS[kind]}."
        )
    if kind == AZURE and root.lower() in _EVERYBODY:
        # Anybody can run a tenant whose users have arbitrary addresses, so addresses prove nothing across tenants.
        raise Unavailable(
            "Sign-in is not set up here. Please tell your administrator: the user OAuth URIs must name your "
            f"organization's tenant instead of {root}."
        )
    return Provider(
        kind=kind,
        authorize_url=integration.personal_vmr_oauth_auth_endpoint,
        token_url=token_url,
        metadata_url=urlunsplit((parts.scheme, parts.netloc, root + _METADATA[kind], "", "")),
        client_id=integration.personal_vmr_oauth_client_id,
        resource=integration.personal_vmr_adfs_relying_party_trust_identifier if kind == ADFS else "",
    )


def fingerprint(integration: Integration) -> str:
    """A fingerprint of the provider in an integration's settings. It changes with the provider, but not with a new
    client secret.
    """
    parts = (
        integration.auth_provider,
        integration.personal_vmr_oauth_token_endpoint,
        integration.personal_vmr_oauth_client_id,
        integration.personal_vmr_adfs_relying_party_trust_identifier if integration.auth_provider == ADFS else "",
    )
    return sha256("\n".join(part or "" for part in parts).encode()).hexdigest()[:16]


def with_query(url: str, values: dict[str, str]) -> str:
    """A configured URL with these parameters added. Its other parameters are kept."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in values]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode([*kept, *values.items()]), ""))
