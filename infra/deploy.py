"""Deploys everything to one resource group, or updates a deployment. Idempotent.

infra/deploy.sh is this program; on Windows without a shell: python -m infra.deploy
"""

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from infra import checks
from infra.app_package import PACKAGE_TAG, AppPackage
from infra.app_secrets import PASSWORDS, SIGNING_KEY, AppSecrets, recover_deleted_vaults
from infra.azure import ROOT, AzError, RetryPolicy, az, az_or, fail, say, show, step

DEPLOYMENT = "vmr-scheduling"
DEFAULT_PARAMETERS = ROOT / "infra" / "bicep" / "main.bicepparam"
APP_STOPPED_RULE = "app-stopped"
"""The alert that stays off until the first package is deployed (infra/bicep/modules/alerts.bicep)."""

EXPLANATIONS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("deleted state", "ConflictError", "VaultAlreadyExists"),
        "a vault with this name was deleted and is kept for 90 days",
        "az keyvault list-deleted, then az keyvault recover --name NAME (or another 'name' in the parameters)",
    ),
    (
        ("AuthorizationFailed", "does not have authorization"),
        "you do not have permission to do this in {group}",
        "ask for Owner there (Contributor may not assign roles)",
    ),
    (
        ("uota",),
        "a quota of the subscription is used up",
        "see the message above; ask for more in the portal under Quotas",
    ),
    (
        ("RequestDisallowedByPolicy",),
        "a policy of your organization forbids it",
        "the policy's name is shown above; such policies often require privateNetwork = true, or `tags`",
    ),
    (("ScopeLocked",), "a resource lock prevents it", 'see docs/deploy.md, "Removing it": dataLock'),
    (
        ("StorageAccountAlreadyTaken", "NameNotAvailable", "not available"),
        "a name is taken or something is not offered in {location}",
        "see above; change 'name' or the region",
    ),
    (
        ("SkuNotAvailable", "ZoneRedundan", "Standard_ZRS"),
        "this redundancy is not offered in {location}",
        "set storageRedundancy = 'Standard_LRS' and zoneRedundant = false in the parameters",
    ),
    (("BCP", "bicepparam"), "the parameters or templates cannot be compiled", "correct the line shown above"),
)
"""Failures that occur in practice: part of az's message, what it means, and the remedy."""


@dataclass(frozen=True)
class Outputs:
    """The outputs of the deployed templates."""

    app_name: str
    app_id: str
    host: str
    base_url: str
    vault_id: str
    secret_names: list[str]
    identity_client: str
    identity_principal: str

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Outputs":
        """Parse the output of `az deployment group show`."""
        values = {name: entry["value"] for name, entry in document["properties"]["outputs"].items()}
        return cls(
            app_name=values["appName"],
            app_id=values["appId"],
            host=values["appHostName"],
            base_url=values["publicBaseUrl"],
            vault_id=values["vaultId"],
            secret_names=values["secretNames"].split(),
            identity_client=values["identityClientId"],
            identity_principal=values["identityPrincipalId"],
        )


@dataclass(frozen=True)
class Deployment:
    """One run."""

    group: str
    location: str
    parameters: Path
    dry_run: bool
    confirmed: bool
    force: bool
    new_secret: str
    retry_policy: RetryPolicy

    def run(self) -> None:
        """The whole deployment. The administrator can decline before anything is changed."""
        checks.check_tools()
        subscription = checks.check_login()
        values = checks.read_parameters(self.parameters)
        checks.check_providers(dry_run=self.dry_run)
        checks.check_region(self.location, values)
        group_id = f"/subscriptions/{subscription.id}/resourceGroups/{self.group}"
        there = self._group_exists()
        self._look_for_package(str(values["name"]), there=there)
        checks.check_rights(group_id if there else f"/subscriptions/{subscription.id}")
        self._make_group(there)
        recover_deleted_vaults(group_id, dry_run=self.dry_run)
        self._preview()
        if self.dry_run:
            say("Dry run: nothing was changed.")
            return
        self._confirm()
        outputs = self._deploy()
        AppSecrets(outputs.vault_id, outputs.app_id).put(outputs.secret_names, self.new_secret)
        app = AppPackage(group_id, outputs.app_name, outputs.host, self.retry_policy)
        app.deploy(force=self.force)
        app.watch(f"{values['name']}-{APP_STOPPED_RULE}")
        report(outputs, self.group)

    def _group_exists(self) -> bool:
        return bool(az_or("Azure did not respond", "run this again", "group", "exists", "--name", self.group))

    def _look_for_package(self, name: str, *, there: bool) -> None:
        """Set the parameter that tells the alerts whether the app has run before.

        If it has, its package is recorded in a tag.
        """
        tags = az("group", "show", "--name", self.group).get("tags") or {} if there else {}
        deployed = any(tag.startswith(name) and tag.endswith(PACKAGE_TAG) for tag in tags)
        os.environ["PACKAGE_DEPLOYED"] = str(deployed).lower()

    def _make_group(self, there: bool) -> None:
        step(f"Resource group {self.group}")
        if there:
            say("exists")
        elif self.dry_run:
            say(f"would be created in {self.location}, with everything in infra/bicep/main.bicep")
        else:
            az_or(
                "the resource group cannot be created",
                "ask an owner of the subscription to create it, and run this again",
                *("group", "create", "--name", self.group, "--location", self.location),
            )

    def _preview(self) -> None:
        step("What would change")
        if not self._group_exists():
            say("Azure can only show the changes once the resource group exists.")
            return
        where = ("--resource-group", self.group, "--parameters", str(self.parameters))
        try:
            show("deployment", "group", "what-if", *where, "--no-prompt")
        except AzError as error:
            self._explain(error)

    def _confirm(self) -> None:
        if self.confirmed:
            return
        if not sys.stdin.isatty():
            fail("there is no terminal to confirm this on", "check the output of --dry-run, then run this with --yes")
        if not input("Continue? [y/N] ").lower().startswith("y"):
            fail("you cancelled; nothing was deployed", "run this again when you are ready")

    def _deploy(self) -> Outputs:
        step("Deployment (takes a few minutes)")
        where = ("--resource-group", self.group, "--name", DEPLOYMENT)
        try:
            az("deployment", "group", "create", *where, "--parameters", str(self.parameters))
            outputs = Outputs.of(az("deployment", "group", "show", *where))
        except AzError as error:
            self._explain(error)
        say(f"{outputs.app_name} exists")
        return outputs

    def _explain(self, error: AzError) -> NoReturn:
        """End the program with an explanation of the failure."""
        sys.stderr.write(f"{error}\n")
        for marks, what, remedy in EXPLANATIONS:
            if any(mark in str(error) for mark in marks):
                fail(what.format(group=self.group, location=self.location), remedy)
        fail("Azure refused it", f"see above, and: az deployment operation group list -g {self.group} -n {DEPLOYMENT}")


def report(outputs: Outputs, group: str) -> None:
    """Print what the administrator needs next."""
    step("Done")
    say(
        f"The app           {outputs.base_url}",
        f"Manifest          {outputs.base_url}/addin/INTEGRATION-UUID/manifest.xml",
        "The app's identity, for the grants:",
        f"  client id       {outputs.identity_client}",
        f"  object id       {outputs.identity_principal}",
        "Next              docs/exchange.md: the equipment mailbox and the app's access to it; then",
        "                  infra/live-check --equipment MAILBOX: tests whether your tenant behaves as required",
    )
    if outputs.base_url != f"https://{outputs.host}":
        host = outputs.base_url.removeprefix("https://")
        say(f"Host name         infra/custom-domain.sh --resource-group {group} --app {outputs.app_name} --host {host}")


def arguments_of(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="infra/deploy.sh",
        description=(__doc__ or "").splitlines()[0],
        epilog="Passwords are prompted for once, or taken from POLICY_PASSWORD and MANAGEMENT_PASSWORD; only their "
        "hashes are stored.",
    )
    parser.add_argument("--resource-group", required=True, metavar="NAME")
    parser.add_argument("--location", required=True, metavar="REGION", type=checks.spelled)
    parser.add_argument(
        "--parameters", type=Path, default=DEFAULT_PARAMETERS, metavar="FILE", help="your copy of main.bicepparam"
    )
    parser.add_argument("--dry-run", action="store_true", help="check everything and change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument("--force", action="store_true", help="deploy the package even if it is already deployed")
    parser.add_argument(
        "--new-secret", default="", metavar="NAME", help=f"renew {SIGNING_KEY} or {' or '.join(PASSWORDS)}"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """The command line."""
    given = arguments_of(argv)
    Deployment(
        given.resource_group,
        given.location,
        given.parameters,
        given.dry_run,
        given.yes,
        given.force,
        given.new_secret,
        RetryPolicy.from_environment(),
    ).run()


if __name__ == "__main__":
    main()
