"""infra/deploy.sh runs against a fake Azure CLI that returns complete documents and records every call."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra import checks, package
from shared.identity.passwords import BasicAuthenticator
from shared.settings import BasicCredential
from tests.conformance.azure_cli import PROGRAMS, ROOT, Azure, Ran

PASSWORD = "correct horse battery"
WHERE = ("--resource-group", "rg", "--location", "West Europe")
DEPLOYMENT = "deployment group create"
UPLOAD = "functionapp deployment source config-zip"


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Azure:
    return Azure(tmp_path, monkeypatch)


def deploy(azure: Azure, *arguments: str, **given: Any) -> Ran:
    return azure.run("deploy.sh", *WHERE, *arguments, **{"POLICY_PASSWORD": PASSWORD} | given)


def test_the_script_deploys_into_an_empty_subscription(azure: Azure) -> None:
    ran = deploy(azure, "--yes", spawn=True)
    assert ran.code == 0, ran.output
    assert ran.changes == [
        *["provider register"] * 4,
        "group create",
        DEPLOYMENT,
        "rest put",
        "rest put",
        "rest post",
        UPLOAD,
        "tag update",
        "rest patch",
    ]
    assert ["python", "smoke.py", "https://vmrapp.azurewebsites.net"] in ran.calls
    assert azure.state["groups"]["rg"]["location"] == "westeurope"
    assert azure.state["environment"] == {"OWN_AUTHORITIES": "false", "PACKAGE_DEPLOYED": "false"}
    assert azure.state["package"] == "package 1"
    assert "https://vmrapp.azurewebsites.net/addin/INTEGRATION-UUID/manifest.xml" in ran.output
    assert "infra/live-check --equipment MAILBOX" in ran.output


def test_running_the_script_again_changes_nothing(azure: Azure) -> None:
    deploy(azure, "--yes")
    before = azure.state
    ran = deploy(azure, "--yes")
    assert ran.code == 0, ran.output
    assert ran.changes == [DEPLOYMENT, "rest patch"]  # the same templates and alert, which are already in place
    assert azure.state == before | {"environment": {"OWN_AUTHORITIES": "false", "PACKAGE_DEPLOYED": "true"}}
    assert ran.count("python smoke.py") == 1


def test_a_dry_run_changes_nothing(azure: Azure) -> None:
    azure.change(deleted_vaults={"vmrold": "/subscriptions/sub/resourceGroups/rg/providers/x/vaults/vmrold"})
    before = azure.state
    ran = deploy(azure, "--dry-run")
    assert ran.code == 0, ran.output
    assert ran.changes == []
    assert {**azure.state, "environment": {}} == before
    assert "would register Microsoft.App" in ran.output
    assert "would be created in westeurope" in ran.output
    assert "would recover the deleted vault vmrold" in ran.output


def test_a_dry_run_of_an_existing_deployment_shows_what_would_change(azure: Azure) -> None:
    deploy(azure, "--yes")
    ran = deploy(azure, "--dry-run")
    assert (ran.code, ran.changes) == (0, [])
    assert "Resource changes: 0 to create." in ran.output


def test_only_a_new_package_is_deployed_if_nothing_else_changed(azure: Azure) -> None:
    deploy(azure, "--yes")
    ran = deploy(azure, "--yes", package="package 2")
    assert ran.changes == [DEPLOYMENT, UPLOAD, "tag update", "rest patch"]
    assert azure.state["package"] == "package 2"


def test_a_package_that_does_not_work_is_deployed_again_on_the_next_run(azure: Azure) -> None:
    ran = deploy(azure, "--yes", smoke_faults=("GET /api/health returned 503",))
    assert ran.code == 1
    assert "GET /api/health returned 503" in ran.output
    assert "troubleshooting.md" in ran.output
    assert azure.state["alerts"] == {}  # nothing is running yet, so there is nothing to watch
    assert deploy(azure, "--yes").count(UPLOAD) == 1


def test_a_recreated_app_gets_its_package_even_if_the_tag_already_names_it(azure: Azure) -> None:
    deploy(azure, "--yes")
    ran = deploy(azure, "--yes", smoke_faults=("GET /api/health returned 404",))
    assert ran.code == 0, ran.output
    assert ran.count(UPLOAD) == 1
    assert "does not work (GET /api/health returned 404)" in ran.output


def test_the_deployment_of_a_package_can_be_forced(azure: Azure) -> None:
    deploy(azure, "--yes")
    assert deploy(azure, "--yes", "--force").count(UPLOAD) == 1


def test_an_app_that_azure_reports_as_unhealthy_is_tried_anyway(azure: Azure) -> None:
    azure.fail(UPLOAD, "ERROR: Deployment was successful but the app appears to be unhealthy.")
    ran = deploy(azure, "--yes")
    assert ran.code == 0, ran.output
    assert ran.count("python smoke.py") == 1


def test_the_script_waits_for_a_new_role_on_the_package_container(azure: Azure) -> None:
    azure.fail(UPLOAD, "ERROR: BlobUploadFailedException: (403) not authorized to perform this operation", times=2)
    ran = deploy(azure, "--yes", spawn=True)
    assert ran.code == 0, ran.output
    assert ran.count(UPLOAD) == 3
    assert "waiting for the app's role on its storage" in ran.output


def test_new_roles_get_up_to_ten_minutes_to_take_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    from infra.azure import RetryPolicy

    monkeypatch.delenv("DEPLOY_TRIES", raising=False)
    monkeypatch.delenv("DEPLOY_PAUSE", raising=False)
    assert RetryPolicy.from_environment().seconds >= 600


async def test_secrets_are_created_once_and_never_shown(azure: Azure) -> None:
    first = deploy(azure, "--yes")
    secrets = azure.state["secrets"]
    assert set(secrets) == {"tag-signing-key", "policy-password-hash"}
    assert len(secrets["tag-signing-key"]) >= 64
    await BasicAuthenticator(BasicCredential("policy", secrets["policy-password-hash"])).check(
        "Basic cG9saWN5OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ=="
    )
    second = deploy(azure, "--yes")
    assert azure.state["secrets"] == secrets
    for shown in (first.output, str(first.calls), second.output, str(second.calls)):
        assert PASSWORD not in shown
        assert not any(value in shown for value in secrets.values())


def test_two_deployments_have_different_keys(azure: Azure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    other = Azure(tmp_path / "other", monkeypatch)
    deploy(azure, "--yes")
    deploy(other, "--yes")
    assert azure.state["secrets"]["tag-signing-key"] != other.state["secrets"]["tag-signing-key"]


def test_a_secret_is_replaced_on_demand(azure: Azure) -> None:
    deploy(azure, "--yes")
    before = azure.state["secrets"]
    ran = deploy(azure, "--yes", "--new-secret", "tag-signing-key")
    assert ran.changes == [DEPLOYMENT, "rest put", "rest post", "rest patch"]
    assert azure.state["secrets"]["tag-signing-key"] != before["tag-signing-key"]
    assert azure.state["secrets"]["policy-password-hash"] == before["policy-password-hash"]


def test_secrets_are_written_through_the_resource_manager_which_needs_no_vault_role(azure: Azure) -> None:
    """Pipelines, and people who own only the resource group, can deploy without a vault role, even into a private
    network."""
    azure.parameters(privateNetwork=True)
    ran = deploy(azure, "--yes")
    assert ran.code == 0, ran.output
    assert ran.count("keyvault secret") == ran.count("ad ") == ran.count("role ") == 0
    assert "from inside the virtual network" in ran.output.partition("Deployment (takes")[0]


@pytest.mark.parametrize("address", ["203.0.113.7/32", "203.0.113.6/31", "2001:db8::/64"])
def test_addresses_that_storage_refuses_are_reported_before_any_change(azure: Azure, address: str) -> None:
    azure.parameters(privateNetwork=True, adminAddresses=["198.51.100.0/28", address])
    ran = deploy(azure, "--yes")
    assert (ran.code, ran.changes) == (1, [])
    assert f"storage does not accept {address}" in ran.output


def test_owners_of_only_the_resource_group_are_warned_and_can_deploy(azure: Azure) -> None:
    azure.change(groups={"rg": {"location": "westeurope", "tags": None}})
    for command in ("provider show", "functionapp list-flexconsumption-locations", "keyvault list-deleted"):
        azure.fail(command, "ERROR: (AuthorizationFailed) no read access at subscription scope", times=9)
    ran = deploy(azure, "--yes")
    assert ran.code == 0, ran.output
    assert ran.output.count("Warning: the state of") == len(checks.PROVIDERS)
    assert "Warning: regions and quotas cannot be read" in ran.output


@pytest.mark.parametrize(
    ("permissions", "warned"),
    [
        ([{"actions": ["*"], "notActions": []}], False),
        ([{"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"]}], True),  # Contributor
        (
            [
                {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"]},
                {"actions": ["Microsoft.Authorization/*"], "notActions": []},  # User Access Administrator as well
            ],
            False,
        ),
    ],
)
def test_the_script_warns_of_missing_rights(azure: Azure, permissions: list[dict[str, Any]], warned: bool) -> None:
    azure.change(permissions=permissions)
    ran = deploy(azure, "--yes")
    assert ran.code == 0
    assert ("you do not have the permission Microsoft.Authorization/roleAssignments/write" in ran.output) == warned


def test_a_deleted_vault_of_the_same_resource_group_is_recovered(azure: Azure) -> None:
    vaults = "/subscriptions/sub/resourceGroups/{}/providers/Microsoft.KeyVault/vaults/{}"
    azure.change(
        deleted_vaults={name: vaults.format(group, name) for name, group in (("ours", "RG"), ("theirs", "rg2"))}
    )
    ran = deploy(azure, "--yes")
    assert ran.code == 0, ran.output
    assert list(azure.state["deleted_vaults"]) == ["theirs"]
    assert ran.changes.index("keyvault recover") < ran.changes.index(DEPLOYMENT)


def test_a_login_without_a_subscription_is_reported(azure: Azure) -> None:
    azure.change(account=azure.state["account"] | {"id": "tenant"})
    ran = deploy(azure, "--yes")
    assert (ran.code, ran.changes) == (1, [])
    assert "has no subscription" in ran.output


def test_a_custom_host_name_needs_one_more_step(azure: Azure) -> None:
    azure.parameters(publicHostName="vmr.example.com")
    ran = deploy(azure, "--yes")
    assert ["python", "smoke.py", "https://vmrapp.azurewebsites.net"] in ran.calls  # the app always has this address
    assert "custom-domain.sh --resource-group rg --app vmrapp --host vmr.example.com" in ran.output


FAULTS = [
    # the command, az's message, the program's message, and its advice
    ("bicep version", "", "Bicep compiler is not installed", "az bicep install"),
    ("bicep build-params", "Error BCP035: missing", "cannot be compiled", "correct the line"),
    ("provider register", "AuthorizationFailed", "cannot be registered", "az provider register -n"),
    ("group create", "AuthorizationFailed", "resource group cannot be created", "owner of the subscription"),
    (DEPLOYMENT, "ERROR: BCP035: missing", "cannot be compiled", "correct the line"),
    (DEPLOYMENT, "(AuthorizationFailed) no", "do not have permission to do this", "Owner"),
    (DEPLOYMENT, "vault in deleted state", "kept for 90 days", "az keyvault recover"),
    (DEPLOYMENT, "QuotaExceeded", "quota", "Quotas"),
    (DEPLOYMENT, "RequestDisallowedByPolicy: x", "policy of your organization", "privateNetwork"),
    (DEPLOYMENT, "StorageAccountAlreadyTaken", "name is taken", "change 'name'"),
    (DEPLOYMENT, "SkuNotAvailable", "redundancy is not offered", "Standard_LRS"),
    (DEPLOYMENT, "(ScopeLocked) no", "lock prevents", "dataLock"),
    (DEPLOYMENT, "something new", "Azure refused it", "operation group list"),
    ("rest --method get --url https://management.azure.com/subscriptions/sub/resourceGroups/rg/providers/Microsoft.KeyVault",
     "Forbidden", "secrets cannot be listed", "Contributor"),
    ("rest --method put", "Conflict", "tag-signing-key cannot be written", "secret recover"),
    (UPLOAD, "502", "package cannot be deployed", "run this again"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "stderr", "what", "remedy"), FAULTS, ids=[f"{f[0][:40]}: {f[1]}" for f in FAULTS])
def test_each_failure_says_what_to_do(azure: Azure, command: str, stderr: str, what: str, remedy: str) -> None:
    azure.fail(command, stderr, times=9)
    ran = deploy(azure, "--yes")
    assert ran.code == 1, ran.output
    failed, _, do = ran.output.partition("Failed: ")[2].partition("Do: ")
    assert what in failed
    assert remedy in do
    assert stderr in ran.output


@pytest.mark.parametrize(
    ("state", "what", "remedy"),
    [
        ({"account": None}, "not logged in", "az login"),
        ({"version": "2.86.0"}, "az 2.86.0 is too old", "az upgrade"),
        ({"storage_usage": [250, 250]}, "all 250 storage accounts", "quota"),
    ],
)
def test_missing_prerequisites_are_reported_before_any_change(
    azure: Azure, state: dict[str, object], what: str, remedy: str
) -> None:
    azure.change(**state)
    ran = deploy(azure, "--yes")
    assert (ran.code, [c for c in ran.changes if c != "provider register"]) == (1, [])
    failed, _, do = ran.output.partition("Failed: ")[2].partition("Do: ")
    assert what in failed
    assert remedy in do


def test_a_machine_without_az_is_reported(azure: Azure, tmp_path: Path) -> None:
    ran = deploy(azure, "--yes", PATH=str(tmp_path))
    assert (ran.code, ran.calls) == (1, [])
    assert "the Azure CLI (az) is not installed" in ran.output


def test_a_clone_without_vendor_files_is_reported_before_any_change(
    azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "LIBRARIES", ("addin/vendor/nothing.js",))
    ran = deploy(azure, "--yes")
    assert (ran.code, ran.changes) == (1, [])
    failed, _, do = ran.output.partition("Failed: ")[2].partition("Do: ")
    assert "addin/vendor or console/vendor is empty" in failed
    assert "make ready" in do


def test_a_region_without_flex_consumption_is_refused(azure: Azure) -> None:
    ran = azure.run("deploy.sh", "--resource-group", "rg", "--location", "antarctica", "--yes")
    assert ran.code == 1
    assert "not offered in antarctica" in ran.output
    assert "group create" not in ran.changes


def test_a_region_without_the_python_version_is_refused(azure: Azure) -> None:
    azure.change(runtimes=["3.11", "3.12"])
    ran = deploy(azure, "--yes")
    assert (ran.code, "group create" in ran.changes) == (1, False)
    assert "Python 3.13 is not offered in westeurope" in ran.output


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ([], {}, "there is no terminal to confirm this on"),
        (["--yes"], {"POLICY_PASSWORD": ""}, "set POLICY_PASSWORD"),
        (["--yes"], {"POLICY_PASSWORD": "short"}, "shorter than 12 characters"),
        (["--yes", "--new-secret", "everything"], {}, "has no secret everything"),
        (["--yes", "--parameters", "nowhere.bicepparam"], {}, "no file nowhere.bicepparam"),
        (["--parameters"], {}, "--parameters: expected one argument"),
        (["--hurry"], {}, "unrecognized arguments: --hurry"),
    ],
)
def test_unusable_arguments_are_refused(
    azure: Azure, arguments: list[str], environment: dict[str, str], message: str
) -> None:
    ran = deploy(azure, *arguments, **environment)
    assert ran.code != 0
    assert message in ran.output
    assert UPLOAD not in ran.changes


@pytest.mark.parametrize("script", PROGRAMS)
def test_the_script_runs_its_program_from_anywhere(tmp_path: Path, script: str) -> None:
    run = subprocess.run(
        [str(ROOT / "infra" / script), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"usage: infra/{script} ")


def test_everything_that_runs_on_an_admins_machine_needs_only_python() -> None:
    """As in Cloud Shell, no Python packages are installed on an admin's machine."""
    names = ", ".join(PROGRAMS.values())
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {names}; "
    program += "from infra.app_secrets import value_of; print(value_of('policy-password-hash'), end='')"
    environment = os.environ | {"POLICY_PASSWORD": PASSWORD}
    command = [sys.executable, "-IS", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("scrypt:"), done.stderr
