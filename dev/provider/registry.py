"""The accounts that may sign in, and the applications."""

from __future__ import annotations

from dataclasses import dataclass, field

from dev.exchange.directory import TENANT

__all__ = ["TENANT", "Account", "Application", "accounts", "applications"]

ENTRA_APP = "6731de76-14a6-49ae-97bc-6eba6914391e"
ADFS_APP = "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0"
SERVICE_APP = "51ab1e00-7b1c-4d2a-9f43-0c8d6a2b9e10"
RESOURCE = "https://vmr.example.com/resource"
ENTRA_SECRET = "local-client-secret"  # noqa: S105  # opens nothing but this provider


@dataclass
class Account:
    """An account that can sign in. Tests use `claims` to change the claims in its tokens; None omits a claim."""

    upn: str
    name: str
    oid: str
    sid: str
    claims: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Application:
    """A registered application. `secret` is "" for a public client. Redirect URIs must end with one of the paths in
    `redirect_uris`.
    """

    client_id: str
    redirect_paths: tuple[str, ...]
    secret: str = ""
    resource: str = ""


def accounts() -> list[Account]:
    """The local stack's users and its service account."""
    people = {"alice": "Alice Example", "bob": "Bob Example", "service": "VMR service account"}
    return [
        Account(f"{user}@example.com", name, f"a11ce000-0000-4000-8000-{number:012}", f"S-1-5-21-1004336348-{number}")
        for number, (user, name) in enumerate(people.items(), start=1)
    ]


def applications() -> list[Application]:
    """The registered applications, one for each kind of sign-in."""
    callback = ("/addin/sign-in/callback",)
    return [
        Application(ENTRA_APP, callback, ENTRA_SECRET),
        Application(ADFS_APP, callback, resource=RESOURCE),
        Application(SERVICE_APP, ("/service-account/oauth_redirect",)),
    ]
