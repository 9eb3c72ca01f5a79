"""App registrations in Entra that Outlook uses to authenticate its user (nested app authentication).

Not needed with Exchange on-premises. Idempotent. The names of registrations contain the host name, so that two
deployments in one tenant have separate pairs. The API requests no permissions at all. The add-in may request tokens for
the API and nothing else.
"""

import argparse
from dataclasses import dataclass

from infra.azure import AzError, fail, rest, say
from infra.grants.registrations import (
    MULTI_TENANT,
    SINGLE_TENANT,
    Document,
    Registration,
    Tenant,
    change,
    existing_audience,
    register,
)

SCOPE_ID = "6f0f2e2c-5b0d-4c55-9f9b-0d1f4d8f5a10"
ADMIN_ROLE_ID = "0b8e6d57-4a3e-4f0b-8f5e-6b9a0a7c3d21"
READER_ROLE_ID = "5d1f7c52-2a64-4a2e-9c3b-83f6c1f4e0a7"
"""Ids that are the same in every deployment, so that a second run finds the existing scope and roles."""

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The Azure CLI's client id. It is allowed so that `az rest --resource api://…` works for admins."""


@dataclass(frozen=True)
class Entra:
    """The two registrations of a deployment.

    `hosts` are the add-in's host names. The first one is part of the registrations' names.
    """

    tenant: Tenant
    hosts: list[str]
    audience: str

    def register(self) -> tuple[Registration, Registration]:
        """Create or update the registrations of the add-in and the API."""
        addin = register(self.tenant, f"vmr-scheduling-addin-{self.hosts[0]}", self._addin())
        api = register(self.tenant, f"vmr-scheduling-api-{self.hosts[0]}", self._api())
        # The URI contains the id, which is only known now. Pre-authorized clients need no consent.
        change(
            self.tenant,
            api,
            {
                "identifierUris": [f"api://{api.app_id}"],
                "api": {
                    "preAuthorizedApplications": [
                        {"appId": client, "delegatedPermissionIds": [SCOPE_ID]} for client in (addin.app_id, AZURE_CLI)
                    ]
                },
            },
        )
        return addin, api

    def _addin(self) -> Document:
        """The registration of the add-in: a single-page app, which has no secret. The broker's redirect URI consists of
        the origin, without a path.
        """
        return {
            "displayName": f"VMR scheduling add-in ({self.hosts[0]})",
            "signInAudience": self.audience,
            "spa": {"redirectUris": [f"brk-multihub://{host}" for host in self.hosts]},
        }

    def _api(self) -> Document:
        """The registration of the API: version 2 tokens (version 1 tokens are rejected), one scope for users, and roles
        for admins.

        Admins sign in to the console, a single-page app without a secret.
        """
        return {
            "displayName": f"VMR scheduling ({self.hosts[0]})",
            "signInAudience": self.audience,
            "spa": {"redirectUris": [f"https://{host}/console" for host in self.hosts]},
            "api": {
                "requestedAccessTokenVersion": 2,
                "oauth2PermissionScopes": [
                    {
                        "id": SCOPE_ID,
                        "value": "access_as_user",
                        "type": "User",
                        "isEnabled": True,
                        "adminConsentDisplayName": "Schedule VMRs as the user",
                        "adminConsentDescription": "Lets the Outlook add-in request a meeting room on behalf of the "
                        "signed-in user.",
                        "userConsentDisplayName": "Schedule VMRs for you",
                        "userConsentDescription": "Lets the Outlook add-in request a meeting room on your behalf.",
                    }
                ],
            },
            "appRoles": [
                _role(ADMIN_ROLE_ID, "Scheduling.Admin", "administrator", "Manages the integrations"),
                _role(READER_ROLE_ID, "Scheduling.Read", "reader", "Reads settings and records, but no PINs,"),
            ],
        }

    def appoint(self, api: Registration, who: str, role: str) -> None:
        """Assign an app role to a user or group, given by its object id."""
        url = f"{self.tenant.graph}/servicePrincipals/{api.principal}/appRoleAssignedTo"
        try:
            assigned = rest("get", url)["value"]
            if not any(entry["principalId"] == who and entry["appRoleId"] == role for entry in assigned):
                rest("post", url, {"principalId": who, "resourceId": api.principal, "appRoleId": role})
        except AzError as error:
            fail(f"the role cannot be assigned to {who}: {error}", "is it the object id of a user or group?")


def _role(id_: str, value: str, name: str, does: str) -> Document:
    """An app role of the management API, for people and for applications."""
    return {
        "id": id_,
        "value": value,
        "displayName": f"Scheduling {name}",
        "description": f"{does} through the management API.",
        "allowedMemberTypes": ["User", "Application"],
        "isEnabled": True,
    }


def audience_of(tenant: Tenant, host: str, *, multi: bool, single: bool) -> str:
    """Which tenants' users may sign in.

    Multi-tenant registrations are only restricted on request, because a restriction locks out all customers of a
    provider.
    """
    there = existing_audience(tenant, f"vmr-scheduling-api-{host}")
    if multi or (there == MULTI_TENANT and not single):
        if there == MULTI_TENANT and not multi:
            say("The registrations stay open to other tenants; --single-tenant closes them.")
        return MULTI_TENANT
    return SINGLE_TENANT


def report(tenant: Tenant, addin: Registration, api: Registration) -> None:
    """The settings that the registrations require."""
    authority = f"{tenant.authority}/{tenant.id}"
    say(
        "Settings of the integration (tab add-in):",
        "  addin_authentication_method       NAA_TOKEN",
        f"  addin_application_id              {addin.app_id}",
        f"  addin_naa_web_api_application_id  {api.app_id}",
        f"  addin_authority_url               {authority}",
        f"  addin_oidc_metadata_url           {authority}/v2.0/.well-known/openid-configuration",
        "Parameter of the deployment, so that holders of the app roles Scheduling.Admin and Scheduling.Read may use",
        "the management API:",
        f"  param managementClientId = '{api.app_id}'",
        "And for their command line:",
        f"  export VMR_API_SCOPE=api://{api.app_id}/.default",
    )


def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="infra/grants/entra.sh", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--host", action="append", required=True, help="the add-in's host name, as in the manifest; may be repeated"
    )
    reach = parser.add_mutually_exclusive_group()
    reach.add_argument("--multi-tenant", action="store_true", help="users from other tenants can also sign in")
    reach.add_argument("--single-tenant", action="store_true", help="from now on, only this tenant's users can sign in")
    parser.add_argument("--admin", metavar="OBJECT-ID", help="a user or group to give the app role Scheduling.Admin")
    parser.add_argument("--reader", metavar="OBJECT-ID", help="a user or group to give the app role Scheduling.Read")
    given = parser.parse_args(argv)
    tenant = Tenant.logged_in()
    audience = audience_of(tenant, given.host[0], multi=given.multi_tenant, single=given.single_tenant)
    entra = Entra(tenant, given.host, audience)
    addin, api = entra.register()
    for who, role in ((given.admin, ADMIN_ROLE_ID), (given.reader, READER_ROLE_ID)):
        if who:
            entra.appoint(api, who, role)
    report(tenant, addin, api)


if __name__ == "__main__":
    main()
