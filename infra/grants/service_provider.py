"""Creates a provider's app registration, with which the app accesses all customers' Exchange Online.

Run it in the provider's tenant, which must be the tenant of the managed identity. Idempotent. The registration requests
no permissions at all: each customer's Exchange grants it access to one mailbox (exchange-online.ps1). The managed
identity authenticates it, so no secret or certificate has to be stored and renewed.
"""

import argparse

from infra.azure import AzError, az, az_or, body, fail, say
from infra.grants.registrations import MULTI_TENANT, Registration, Tenant, register

NAME = "vmr-scheduling-exchange"
CREDENTIAL = "managed-identity"


def vouch(tenant: Tenant, app: Registration, identity: str) -> None:
    """Let a managed identity, given by its object id, authenticate the app.

    A credential is identified by its name, so after a deployment has been recreated, the existing credential refers to
    the old identity.
    """
    credential = {
        "name": CREDENTIAL,
        "issuer": f"{tenant.authority}/{tenant.id}/v2.0",
        "subject": identity,
        "audiences": ["api://AzureADTokenExchange"],
    }
    command = ("ad", "app", "federated-credential")
    found = az_or("the credentials cannot be read", "run this again", *command, "list", "--id", app.object_id)
    if any(entry["subject"] == identity and entry["issuer"] == credential["issuer"] for entry in found):
        return
    ours = any(entry["name"] == CREDENTIAL for entry in found)
    how = ("update", "--federated-credential-id", CREDENTIAL) if ours else ("create",)
    try:
        with body(credential) as file:
            az(*command, *how, "--id", app.object_id, "--parameters", file)
    except AzError as error:
        fail(
            f"the managed identity cannot authenticate the app: {error}",
            f"is {identity} its object id (not its client id)?",
        )
    if ours:
        say("The federated credential referred to another identity; it now refers to this one.")


def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="infra/grants/service-provider.sh", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--identity", required=True, metavar="OBJECT-ID", help="of the app's managed identity (deploy.sh prints it)"
    )
    identity = parser.parse_args(argv).identity
    tenant = Tenant.logged_in()
    app = register(tenant, NAME, {"displayName": "VMR scheduling for Exchange", "signInAudience": MULTI_TENANT})
    vouch(tenant, app, identity)
    say(f"Give this id to your customers: {app.app_id}", "docs/service-providers.md explains what customers must do.")


if __name__ == "__main__":
    main()
