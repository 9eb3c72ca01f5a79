"""infra/deploy.sh against a stand-in of the Azure CLI that records every call."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.identity.passwords import BasicAuthenticator
from shared.settings import BasicCredential
from tests.conformance.azure_cli import ROOT, Azure, Ran

PASSWORD = "correct horse battery"
WHERE = ("--resource-group", "rg", "--location", "West Europe")


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    return Azure(tmp_path)


def deploy(azure: Azure, *arguments: str, **environment: str) -> Ran:
    return azure.run("deploy.sh", *WHERE, *arguments, **{"POLICY_PASSWORD": PASSWORD} | environment)


def test_an_empty_subscription_becomes_a_deployment(azure: Azure) -> None:
    ran = deploy(azure, "--yes")
    assert ran.code == 0, ran.output
    assert ran.changes == [
        "provider register",
        "provider register",
        "provider register",
        "provider register",
        "group create",
        "deployment group create",
        "keyvault secret set",
        "keyvault secret set",
        "rest post",
        "functionapp deployment source config-zip",
        "tag update",
    ]
    assert ran.calls.index(["python", "smoke.py", "https://vmrapp.azurewebsites.net", "--patience", "0"]) > 0
    assert azure.state["groups"]["rg"]["location"] == "westeurope"
    assert azure.state["deployer"] == ["deployer", "User"]
    assert azure.state["own_authorities"] == "false"
    assert azure.state["package"] == "package 1"
    assert "https://vmrapp.azurewebsites.net/addin/INTEGRATION-UUID/manifest.xml" in ran.output


def test_run_again_it_changes_nothing(azure: Azure) -> None:
    deploy(azure, "--yes")
    before = azure.state
    ran = deploy(azure, "--yes")
    assert ran.code == 0, ran.output
    assert ran.changes == ["deployment group create"]  # the same templates, which ARM finds fulfilled
    assert azure.state == before
    assert ran.count("python smoke.py") == 1


def test_a_dry_run_changes_nothing(azure: Azure) -> None:
    before = azure.state
    ran = deploy(azure, "--dry-run")
    assert ran.code == 0, ran.output
    assert ran.changes == []
    assert azure.state == before
    assert "would register Microsoft.App" in ran.output
    assert "would be created in westeurope" in ran.output


def test_a_dry_run_of_an_existing_deployment_shows_what_would_change(azure: Azure) -> None:
    deploy(azure, "--yes")
    ran = deploy(azure, "--dry-run")
    assert (ran.code, ran.changes) == (0, [])
    assert "Resource changes: 0 to create." in ran.output


def test_a_new_package_is_deployed_and_nothing_else(azure: Azure) -> None:
    deploy(azure, "--yes")
    ran = deploy(azure, "--yes", PACKAGE="package 2")
    assert ran.changes == ["deployment group create", "functionapp deployment source config-zip", "tag update"]
    assert azure.state["package"] == "package 2"


def test_a_package_that_does_not_work_is_deployed_anew_next_time(azure: Azure) -> None:
    ran = deploy(azure, "--yes", SMOKE_FAULT="GET /api/health answered 503")
    assert ran.code == 1
    assert "GET /api/health answered 503" in ran.output
    assert "troubleshooting.md" in ran.output
    assert deploy(azure, "--yes").count("functionapp deployment source config-zip") == 1


async def test_secrets_are_made_once_and_shown_nowhere(azure: Azure) -> None:
    first = deploy(azure, "--yes")
    secrets = azure.state["secrets"]
    assert set(secrets) == {"tag-signing-key", "policy-password-hash"}
    assert len(secrets["tag-signing-key"]) >= 64
    await BasicAuthenticator(BasicCredential("policy", secrets["policy-password-hash"])).check(
        "Basic cG9saWN5OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ=="
    )
    assert set(azure.state["secret_file_modes"]) == {"0o600"}
    second = deploy(azure, "--yes")
    assert azure.state["secrets"] == secrets
    for shown in (first.output, str(first.calls), second.output, str(second.calls)):
        assert PASSWORD not in shown
        assert not any(value in shown for value in secrets.values())


def test_two_deployments_have_different_keys(azure: Azure, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Azure(tmp_path / "other")
    deploy(azure, "--yes")
    deploy(other, "--yes")
    assert azure.state["secrets"]["tag-signing-key"] != other.state["secrets"]["tag-signing-key"]


def test_a_secret_is_made_anew_on_demand(azure: Azure) -> None:
    deploy(azure, "--yes")
    before = azure.state["secrets"]
    ran = deploy(azure, "--yes", "--new-secret", "tag-signing-key")
    assert ran.changes == ["deployment group create", "keyvault secret set", "rest post"]
    assert azure.state["secrets"]["tag-signing-key"] != before["tag-signing-key"]
    assert azure.state["secrets"]["policy-password-hash"] == before["policy-password-hash"]


def test_a_new_role_on_the_vault_is_waited_for(azure: Azure) -> None:
    azure.fail("keyvault secret list", "ERROR: (Forbidden) Caller is not authorized", times=2)
    ran = deploy(azure, "--yes")
    assert ran.code == 0, ran.output
    assert ran.count("keyvault secret list") == 3


def test_a_service_principal_can_deploy(azure: Azure) -> None:
    azure.change(account=azure.state["account"] | {"type": "servicePrincipal", "user": "app-id"})
    ran = deploy(azure, "--yes")
    assert ran.code == 0, ran.output
    assert azure.state["deployer"] == ["deploying-app", "ServicePrincipal"]


def test_a_host_name_of_ones_own_has_one_more_step(azure: Azure) -> None:
    outputs = azure.state["outputs"]
    azure.change(outputs=[*outputs[:2], "https://vmr.example.com", *outputs[3:]])
    ran = deploy(azure, "--yes")
    assert ran.calls[-2][2] == "https://vmrapp.azurewebsites.net"  # the smoke test goes where the app is for sure
    assert "custom-domain.sh --resource-group rg --app vmrapp --host vmr.example.com" in ran.output


FAULTS = [
    # command, what az says, what the script says, what it tells to do
    ("bicep version", "", "Bicep compiler is not installed", "az bicep install"),
    ("ad signed-in-user show", "Forbidden", "object id cannot be read", "directory entry"),
    ("provider show --namespace Microsoft.App", "", "Microsoft.App cannot be read", "az provider show"),
    ("provider register", "AuthorizationFailed", "cannot be registered", "az provider register -n"),
    ("functionapp list-flexconsumption-locations", "503", "regions cannot be read", "az functionapp"),
    ("functionapp list-flexconsumption-runtimes", "503", "runtimes in westeurope cannot be read", "again"),
    ("storage account show-usage", "", "quota in westeurope cannot be read", "show-usage"),
    ("group create", "AuthorizationFailed", "resource group cannot be created", "owner of the subscription"),
    ("deployment group create", "ERROR: BCP035: missing", "cannot be compiled", "mend the line"),
    ("deployment group create", "(AuthorizationFailed) no", "may not do this", "Owner"),
    ("deployment group create", "vault in deleted state", "kept for 90 days", "az keyvault recover"),
    ("deployment group create", "QuotaExceeded", "quota", "Quotas"),
    ("deployment group create", "RequestDisallowedByPolicy: x", "policy of your organisation", "privateNetwork"),
    ("deployment group create", "StorageAccountAlreadyTaken", "name is taken", "change 'name'"),
    ("deployment group create", "SkuNotAvailable", "redundancy is not offered", "Standard_LRS"),
    ("deployment group create", "something new", "Azure refused it", "operation group list"),
    ("keyvault secret list", "Connection timed out", "vault vmrvault cannot be read", "adminAddresses"),
    ("keyvault secret set", "Conflict", "tag-signing-key cannot be put", "secret recover"),
    ("functionapp deployment source config-zip", "502", "package cannot be deployed", "run this again"),
]


@pytest.mark.parametrize(("command", "stderr", "what", "remedy"), FAULTS, ids=[f"{f[0]}: {f[1]}" for f in FAULTS])
def test_each_failure_says_what_to_do(azure: Azure, command: str, stderr: str, what: str, remedy: str) -> None:
    azure.fail(command, stderr, times=9)
    ran = deploy(azure, "--yes")
    assert ran.code == 1, ran.output
    failed, _, do = ran.output.partition("Failed: ")[2].partition("Do: ")
    assert what in failed
    assert remedy in do
    assert stderr in ran.output or command in ("bicep version", "ad signed-in-user show")


@pytest.mark.parametrize(
    ("state", "what", "remedy"),
    [
        ({"account": None}, "not logged in", "az login"),
        ({"version": "2.59.1"}, "az 2.59.1 is too old", "az upgrade"),
        ({"storage_usage": ["250", "250"]}, "all 250 storage accounts", "quota"),
    ],
)
def test_what_is_missing_is_said_before_any_change(
    azure: Azure, state: dict[str, object], what: str, remedy: str
) -> None:
    azure.change(**state)
    ran = deploy(azure, "--yes")
    assert (ran.code, [c for c in ran.changes if c != "provider register"]) == (1, [])
    failed, _, do = ran.output.partition("Failed: ")[2].partition("Do: ")
    assert what in failed
    assert remedy in do


def test_a_clone_that_was_not_made_ready_is_told_so_before_any_change(azure: Azure, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "infra", tmp_path / "clone" / "infra", ignore=shutil.ignore_patterns("build"))
    ran = azure.run(str(tmp_path / "clone" / "infra" / "deploy.sh"), *WHERE, "--yes", POLICY_PASSWORD=PASSWORD)
    assert (ran.code, ran.changes) == (1, [])
    failed, _, do = ran.output.partition("Failed: ")[2].partition("Do: ")
    assert "addin/vendor is empty" in failed
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


def test_missing_rights_are_warned_of(azure: Azure) -> None:
    azure.change(roles=["Contributor"])
    ran = deploy(azure, "--yes")
    assert ran.code == 0
    assert "Warning: you do not seem to be allowed to assign roles" in ran.output


@pytest.mark.parametrize(
    ("arguments", "environment", "message"),
    [
        ([], {}, "nobody is here to confirm"),
        (["--yes"], {"POLICY_PASSWORD": ""}, "set POLICY_PASSWORD"),
        (["--yes"], {"POLICY_PASSWORD": "short"}, "shorter than 12 characters"),
        (["--yes", "--new-secret", "everything"], {}, "has no secret everything"),
        (["--yes", "--parameters", "nowhere.bicepparam"], {}, "no file nowhere.bicepparam"),
        (["--parameters"], {}, "--parameters needs a value"),
        (["--force"], {}, "unknown argument --force"),
    ],
)
def test_what_it_cannot_work_with(
    azure: Azure, arguments: list[str], environment: dict[str, str], message: str
) -> None:
    ran = deploy(azure, *arguments, **environment)
    assert ran.code == 1
    assert message in ran.output
    assert "functionapp deployment source config-zip" not in ran.changes


def test_help_tells_the_options(azure: Azure) -> None:
    ran = azure.run("deploy.sh", "--help")
    assert (ran.code, ran.calls) == (0, [])
    assert all(option in ran.output for option in ("--resource-group", "--dry-run", "--yes", "--new-secret"))


def test_a_password_is_hashed_without_any_package() -> None:
    # The machine that deploys has Python alone, as Cloud Shell does.
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from shared.identity.passwords import hash_password; "
    program += "print(hash_password(sys.stdin.read()), end='')"
    command = [sys.executable, "-IS", "-c", program]
    done = subprocess.run(command, input=PASSWORD, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("scrypt:"), done.stderr
