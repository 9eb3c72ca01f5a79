"""Checks tools, login, parameters, providers, region and permissions before anything is changed.

The owner of a resource group may not be able to read the subscription that contains it. Anything that cannot be read
there becomes a warning, because it may be fine. If it is not, the deployment itself fails.
"""

import fnmatch
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import package
from infra.azure import ARM, BICEP_VERSION, ROOT, AzError, az, az_or, fail, rest, say, step

OLDEST_AZ = (2, 87, 0)
"""The oldest supported az.

Older versions may poll a deployed Flex Consumption package endlessly. tests/conformance/test_az_commands.py parses
every command with the real CLI of this version.
"""

PYTHON_IN_AZURE = "3.13"
PROVIDERS = (
    "Microsoft.Web",
    "Microsoft.Storage",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Insights",
    "Microsoft.OperationalInsights",
    "Microsoft.Network",
    "Microsoft.App",
)
ASSIGNING_ROLES = "Microsoft.Authorization/roleAssignments/write"
DEFINING_ROLES = "Microsoft.Authorization/roleDefinitions/write"


@dataclass(frozen=True)
class Subscription:
    """The target of the deployment."""

    id: str
    name: str


def check_tools() -> None:
    """Check that az, Bicep and Python are new enough and that the clone is complete."""
    step("Tools")
    versions = az_or("az does not start", "az version", "version")
    version = str(versions["azure-cli"])
    if tuple(int(number) for number in re.findall(r"\d+", version)[:3]) < OLDEST_AZ:
        oldest = ".".join(map(str, OLDEST_AZ))
        fail(f"az {version} is too old, {oldest} is needed", "az upgrade")
    try:
        az(*BICEP_VERSION)
    except AzError:
        fail("the Bicep compiler is not installed", "az bicep install")
    if sys.version_info < (3, 11):  # noqa: UP036  # an administrator's machine may have an older one
        fail("Python 3.11 or newer is needed, this is " + sys.version.split()[0], "install it, or use Cloud Shell")
    if not all((ROOT / name).exists() for name in package.LIBRARIES):
        fail(
            "addin/vendor or console/vendor is empty: their libraries are not in the repository",
            "make ready, which fetches them",
        )
    say(f"az {version}")


def check_login() -> Subscription:
    """Check that az is logged in to a subscription."""
    step("Subscription")
    try:
        account = az("account", "show")
    except AzError:
        fail("you are not logged in", "az login; az account set --subscription NAME")
    if account["id"] == account["tenantId"]:  # az login --allow-no-subscriptions
        fail(
            "this login has no subscription",
            "az login with an account that has one; az account set --subscription NAME",
        )
    say(f"{account['name']} ({account['id']})")
    return Subscription(account["id"], account["name"])


def read_parameters(file: Path) -> dict[str, Any]:
    """The values in a parameter file. Bicep compiles it, so that errors are found before anything is changed."""
    step("Parameters")
    if not file.is_file():
        fail(f"there is no file {file}", "make a copy of infra/bicep/main.bicepparam next to it and fill it in")
    own = package.OWN_AUTHORITIES.exists()
    os.environ["OWN_AUTHORITIES"] = str(own).lower()
    if own:
        say("infra/authorities.pem is added to the package, after the public authorities")
    compiled = az_or(
        f"{file} cannot be compiled",
        "correct the line shown above (an az bicep older than 0.22 cannot read such files: az bicep upgrade)",
        *("bicep", "build-params", "--file", str(file), "--stdout"),
    )
    values = {name: entry["value"] for name, entry in json.loads(compiled["parametersJson"])["parameters"].items()}
    check_addresses(values)
    say(f"{file}: name {values['name']}")
    return values


def check_addresses(values: dict[str, Any]) -> None:
    """Check the admins' addresses: storage rejects IPv6 and ranges of one or two addresses, and a private network
    blocks every address that is not listed.
    """
    addresses = values.get("adminAddresses") or []
    for address in addresses:
        if re.search(r"/3[12]$", address) or ":" in address:
            fail(
                f"adminAddresses: storage does not accept {address}",
                "list single IPv4 addresses without a suffix, and ranges of /30 or larger",
            )
    if values.get("privateNetwork") and not addresses:
        say(
            "privateNetwork is on and adminAddresses is empty: backup, `az storage` and `az keyvault secret` will only",
            "work from inside the virtual network. The deployment itself does not need them.",
        )


def check_providers(*, dry_run: bool) -> None:
    """Make sure that the resource providers are registered."""
    step("Resource providers")
    for provider in PROVIDERS:
        try:
            state = az("provider", "show", "--namespace", provider)["registrationState"]
        except AzError as error:
            say(
                f"Warning: the state of {provider} cannot be read; it is assumed to be registered.", f"  {first(error)}"
            )
            continue
        if state == "Registered":
            continue
        if dry_run:
            say(f"would register {provider}")
        else:
            say(f"registering {provider} (this takes a few minutes)")
            az_or(
                f"{provider} cannot be registered",
                f"ask an owner of the subscription: az provider register -n {provider}",
                *("provider", "register", "--namespace", provider, "--wait"),
            )


def check_region(location: str, values: dict[str, Any]) -> None:
    """Check that Flex Consumption, this Python version and another storage account are available in the region."""
    step("Region and quota")
    try:
        offered = az("functionapp", "list-flexconsumption-locations")
        runtimes = az("functionapp", "list-flexconsumption-runtimes", "--location", location, "--runtime", "python")
        usage = az("storage", "account", "show-usage", "--location", location)
    except AzError as error:
        say("Warning: regions and quotas cannot be read here; continuing.", f"  {first(error)}")
        return
    if location not in {spelled(entry["name"]) for entry in offered}:
        fail(
            f"Flex Consumption is not offered in {location}",
            "choose one of: az functionapp list-flexconsumption-locations",
        )
    if PYTHON_IN_AZURE not in {entry["version"] for entry in runtimes}:
        fail(f"Python {PYTHON_IN_AZURE} is not offered in {location}", "choose another region")
    used, limit = usage["currentValue"], usage["limit"]
    if used >= limit:
        fail(
            f"all {limit} storage accounts of this subscription in {location} are in use",
            "delete one, or ask for a higher quota",
        )
    say(f"{location}: {used} of {limit} storage accounts used; redundancy {values.get('storageRedundancy')}")


def spelled(region: str) -> str:
    """A region's name as Azure Resource Manager writes it, such as westeurope for "West Europe"."""
    return region.replace(" ", "").lower()


def check_rights(scope: str) -> None:
    """Warn users who are not allowed to assign roles (Contributors, for example). Everybody can read their own
    permissions in Azure.
    """
    step("Your permissions")
    try:
        granted = rest("get", f"{ARM}{scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01")
    except AzError as error:
        say("Warning: your permissions cannot be read; continuing.", f"  {first(error)}")
        return
    missing = [right for right in (ASSIGNING_ROLES, DEFINING_ROLES) if not allows(granted["value"], right)]
    if missing:
        # Not an error: a condition or a custom role may allow it elsewhere.
        say(
            f"Warning: you do not have the permission {' and '.join(missing)} here. Without Owner, or",
            "Contributor together with User Access Administrator, the deployment ends with AuthorizationFailed.",
        )
    else:
        say("you are allowed to assign roles on resources here")


def allows(permissions: list[dict[str, Any]], action: str) -> bool:
    """Whether any of the grants allows the action without excluding it again."""

    def named(patterns: list[str]) -> bool:
        return any(fnmatch.fnmatch(action.lower(), pattern.lower()) for pattern in patterns)

    return any(named(entry["actions"]) and not named(entry["notActions"]) for entry in permissions)


def first(error: AzError) -> str:
    """The first line of az's message."""
    return next(iter(str(error).splitlines()), "")
