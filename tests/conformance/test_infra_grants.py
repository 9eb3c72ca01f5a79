"""App registrations and the host name: infra/grants/*.sh and infra/custom-domain.sh run against the fake az."""

import re
from pathlib import Path
from typing import Any

import pytest

from shared.management.admins import ADMIN_ROLE, READER_ROLE
from tests.conformance.azure_cli import Azure

HOST = "vmr.example.com"
ENTRA = ("--host", HOST, "--admin", "an-admin")
ADDIN = f"vmr-scheduling-addin-{HOST}"
API = f"vmr-scheduling-api-{HOST}"


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Azure:
    return Azure(tmp_path, monkeypatch)


def entra(azure: Azure, *arguments: str) -> str:
    ran = azure.run("grants/entra.sh", *(arguments or ENTRA))
    assert ran.code == 0, ran.output
    return ran.output


def applications(azure: Azure) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = azure.state["applications"]
    return found


def test_entra_gets_an_api_an_add_in_and_a_role(azure: Azure) -> None:
    entra(azure)
    api, addin = (applications(azure)[name] for name in (API, ADDIN))
    assert api["api"]["requestedAccessTokenVersion"] == 2
    assert api["identifierUris"] == [f"api://{api['appId']}"]
    [scope] = api["api"]["oauth2PermissionScopes"]
    role, reader = api["appRoles"]
    assert (role["value"], role["allowedMemberTypes"]) == (ADMIN_ROLE, ["User", "Application"])
    assert (reader["value"], reader["allowedMemberTypes"]) == (READER_ROLE, ["User", "Application"])
    allowed = {a["appId"]: a["delegatedPermissionIds"] for a in api["api"]["preAuthorizedApplications"]}
    assert allowed[addin["appId"]] == [scope["id"]]
    assert addin["spa"]["redirectUris"] == [f"brk-multihub://{HOST}"]
    assert api["spa"]["redirectUris"] == [f"https://{HOST}/console"]
    assert {app["signInAudience"] for app in (api, addin)} == {"AzureADMyOrg"}
    assert not any(app["requiredResourceAccess"] for app in (api, addin))  # no permission is requested
    assert azure.state["role_assignments"] == [
        {"principalId": "an-admin", "resourceId": f"principal-of-{api['appId']}", "appRoleId": role["id"]}
    ]


def test_a_reader_gets_the_read_only_role(azure: Azure) -> None:
    entra(azure, "--host", HOST, "--reader", "an-auditor")
    role = next(role for role in applications(azure)[API]["appRoles"] if role["value"] == READER_ROLE)
    [assigned] = azure.state["role_assignments"]
    assert (assigned["principalId"], assigned["appRoleId"]) == ("an-auditor", role["id"])


def test_the_scope_is_the_one_that_the_code_requests(azure: Azure) -> None:
    from shared.identity.addin_users import SCOPE

    entra(azure)
    [scope] = applications(azure)[API]["api"]["oauth2PermissionScopes"]
    assert scope["value"] == SCOPE


def test_the_entra_script_prints_the_integrations_settings(azure: Azure) -> None:
    from shared.integrations import Integration

    printed = dict(re.findall(r"^  (addin_\w+) +(\S+)$", entra(azure), re.M))
    assert set(printed) <= set(Integration.model_fields)
    assert printed["addin_naa_web_api_application_id"] == f"id-of-{API}"
    assert printed["addin_application_id"] == f"id-of-{ADDIN}"


def test_running_the_entra_script_again_changes_nothing(azure: Azure) -> None:
    entra(azure)
    before = azure.state
    entra(azure)
    assert azure.state == before


def test_two_deployments_in_one_tenant_do_not_affect_each_other(azure: Azure) -> None:
    entra(azure)
    before = applications(azure)
    entra(azure, "--host", "test.example.com")
    assert len(applications(azure)) == 4
    assert {name: applications(azure)[name] for name in before} == before


def test_a_deployment_with_two_host_names_registers_both(azure: Azure) -> None:
    entra(azure, "--host", HOST, "--host", "vmrapp.azurewebsites.net")
    uris = ["brk-multihub://vmr.example.com", "brk-multihub://vmrapp.azurewebsites.net"]
    assert applications(azure)[ADDIN]["spa"]["redirectUris"] == uris
    entra(azure)  # when the script runs with one host name, the other one is kept
    assert sorted(applications(azure)[ADDIN]["spa"]["redirectUris"]) == sorted(uris)


def test_manually_added_entries_are_kept(azure: Azure) -> None:
    entra(azure)
    state = azure.state
    api = state["applications"][API]
    api["appRoles"].append({"id": "other", "value": "Something.Else"})
    api["api"]["preAuthorizedApplications"].append({"appId": "office", "delegatedPermissionIds": ["x"]})
    api["api"]["oauth2PermissionScopes"].append({"id": "another-scope"})
    api["identifierUris"].append("api://vmr.example.com/id")
    azure.save(state)
    entra(azure)
    kept = applications(azure)[API]
    assert {role["id"] for role in kept["appRoles"]} >= {"other"}
    assert {each["appId"] for each in kept["api"]["preAuthorizedApplications"]} >= {"office"}
    assert {each["id"] for each in kept["api"]["oauth2PermissionScopes"]} >= {"another-scope"}
    assert "api://vmr.example.com/id" in kept["identifierUris"]


def test_a_providers_customers_are_not_locked_out_by_default(azure: Azure) -> None:
    entra(azure, "--host", HOST, "--multi-tenant")
    assert "--single-tenant closes them" in entra(azure, "--host", HOST)
    assert {a["signInAudience"] for a in applications(azure).values()} == {"AzureADMultipleOrgs"}
    entra(azure, "--host", HOST, "--single-tenant")
    assert {a["signInAudience"] for a in applications(azure).values()} == {"AzureADMyOrg"}


def test_a_registration_that_entra_did_not_change_as_requested_is_noticed(azure: Azure) -> None:
    azure.change(ignores_patches=True)
    ran = azure.run("grants/entra.sh", *ENTRA)
    assert ran.code == 1
    assert "Entra did not accept the registration values that differ: displayName, signInAudience" in ran.output


def test_the_script_waits_for_entras_replication(azure: Azure) -> None:
    azure.fail("ad sp create", "ERROR: The appId does not reference a valid application object.", times=2)
    entra(azure)


def test_the_managed_identity_becomes_the_providers_apps_credential(azure: Azure) -> None:
    ran = azure.run("grants/service-provider.sh", "--identity", "principal")
    assert ran.code == 0, ran.output
    app = applications(azure)["vmr-scheduling-exchange"]
    assert app["signInAudience"] == "AzureADMultipleOrgs"
    assert app["requiredResourceAccess"] == []
    [credential] = azure.state["federations"]
    assert credential["subject"] == "principal"
    assert credential["issuer"] == "https://login.microsoftonline.com/tenant/v2.0"
    assert credential["audiences"] == ["api://AzureADTokenExchange"]
    before = azure.state
    assert azure.run("grants/service-provider.sh", "--identity", "principal").code == 0
    assert azure.state == before


def test_a_recreated_deployments_new_identity_replaces_the_old_credential(azure: Azure) -> None:
    azure.run("grants/service-provider.sh", "--identity", "old")
    ran = azure.run("grants/service-provider.sh", "--identity", "new")
    assert ran.code == 0, ran.output
    assert [credential["subject"] for credential in azure.state["federations"]] == ["new"]


DOMAIN = ("--resource-group", "rg", "--app", "vmrapp", "--host", HOST)


def test_a_host_name_is_bound_together_with_a_certificate(azure: Azure) -> None:
    ran = azure.run("custom-domain.sh", *DOMAIN)
    assert ran.code == 0, ran.output
    assert ran.changes == ["deployment group create"]
    assert azure.state["hosts"] == {HOST: "false"}
    assert azure.run("custom-domain.sh", *DOMAIN).code == 0
    assert azure.state["hosts"] == {HOST: "true"}


def test_missing_dns_records_are_listed(azure: Azure) -> None:
    azure.fail("deployment group create", "A TXT record pointing from asuid… was not found")
    ran = azure.run("custom-domain.sh", *DOMAIN)
    assert ran.code == 1
    assert re.search(r"vmr\.example\.com\. +CNAME +vmrapp\.azurewebsites\.net\.", ran.output)
    assert re.search(r"asuid\.vmr\.example\.com\. +TXT +verification", ran.output)


def test_a_missing_app_is_reported(azure: Azure) -> None:
    ran = azure.run("custom-domain.sh", "--resource-group", "rg", "--app", "other", "--host", HOST)
    assert (ran.code, ran.changes) == (1, [])
    assert "there is no app other in rg" in ran.output


@pytest.mark.parametrize("script", ["custom-domain.sh", "grants/entra.sh", "grants/service-provider.sh"])
def test_missing_arguments_are_reported(azure: Azure, script: str) -> None:
    ran = azure.run(script)
    assert (ran.code, ran.calls) == (2, [])
    assert "arguments are required" in ran.output


@pytest.mark.parametrize("script", ["grants/entra.sh", "grants/service-provider.sh"])
def test_without_a_login_nothing_is_changed(azure: Azure, script: str) -> None:
    azure.change(account=None)
    ran = azure.run(script, "--host", "h") if "entra" in script else azure.run(script, "--identity", "i")
    assert (ran.code, ran.changes) == (1, [])
    assert "az login --allow-no-subscriptions" in ran.output  # no login is needed here
