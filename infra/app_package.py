"""Deploys the app itself: builds the package, deploys it unless it is already deployed, and checks that it works."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra import package, smoke
from infra.azure import ARM, AzError, RetryPolicy, az, az_or, fail, rest, say, step
from infra.checks import PYTHON_IN_AZURE

UNHEALTHY = "app appears to be unhealthy"
"""The error that az 2.87 and newer reports if a deployed app has not started yet. The first start may take minutes."""

ROLE_NOT_THERE_YET = "BlobUploadFailedException"
"""The error (with status 403) that occurs while the app's new role on the storage account is still propagating."""

PACKAGE_TAG = "-package"
"""The resource group has a tag named after the app, with this suffix.

It contains the digest of the last working package.
"""

RECHECK_SECONDS = 120.0
"""How long a working app may take to restart after a change to its settings."""


@dataclass(frozen=True)
class AppPackage:
    """One app's package. `group_id` is the resource group's id."""

    group_id: str
    app: str
    host: str
    retry_policy: RetryPolicy

    @property
    def _tag(self) -> str:
        return f"{self.app}{PACKAGE_TAG}"

    @property
    def _group(self) -> str:
        return self.group_id.rpartition("/")[2]

    def deploy(self, *, force: bool) -> None:
        """Deploy the package built from these sources, unless it is already deployed and works.

        Ends the program if the package does not work.
        """
        step("Package")
        with tempfile.TemporaryDirectory() as directory:
            built = self._build(Path(directory) / "package.zip")
            if not force and self._remembered() == built.sha256[:32] and self._still_works():
                return
            self._upload(built.path)
        if fault := self._fault(self.retry_policy.seconds):
            fail(f"the app does not work: {fault}", 'see docs/troubleshooting.md, "After the deployment"')
        say("It works: health, webhook, settings, storage.")
        self._remember(built.sha256[:32])

    def watch(self, rule: str) -> None:
        """Switch on the alert that fires when the app has stopped. Before the first package is deployed, no app is
        running.
        """
        url = f"{ARM}{self.group_id}/providers/Microsoft.Insights/scheduledQueryRules/{rule}?api-version=2023-12-01"
        try:
            rest("patch", url, {"properties": {"enabled": True}})
        except AzError as error:
            sys.stderr.write(f"{error}\n")
            say(f"Warning: switch the alert {rule} on in the portal, or run this again.")

    def _build(self, path: Path) -> package.Package:
        try:
            built = package.build(path, PYTHON_IN_AZURE)
        except package.PackageError as error:
            fail(f"the package cannot be built: {error}", "see above")
        say(package.describe(built))
        return built

    def _remembered(self) -> str:
        group = az_or("the resource group cannot be read", "run this again", "group", "show", "--name", self._group)
        return str((group.get("tags") or {}).get(self._tag, ""))

    def _still_works(self) -> bool:
        """Whether the recorded package is really running. The site may have been recreated since."""
        fault = self._fault(min(RECHECK_SECONDS, self.retry_policy.seconds))
        say(
            f"It has been deployed before, but does not work ({fault})."
            if fault
            else "this package is already deployed and works"
        )
        return not fault

    def _fault(self, seconds: float) -> str:
        step("Does it work?")
        return smoke.first_fault(f"https://{self.host}", seconds, pause=min(5.0, self.retry_policy.pause))

    def _upload(self, path: Path) -> None:
        where = ("--resource-group", self._group, "--name", self.app, "--src", str(path))
        words = ("functionapp", "deployment", "source", "config-zip", *where, "--build-remote", "false")
        try:
            self.retry_policy.until(
                lambda: az(*words),
                lambda error: ROLE_NOT_THERE_YET in str(error) and "403" in str(error),
                "the app's role on its storage",
            )
        except AzError as error:
            sys.stderr.write(f"{error}\n")
            if UNHEALTHY not in str(error):
                fail(
                    "the package cannot be deployed",
                    f"run this again; if that does not help, see the Deployment Center of {self.app} in the portal",
                )

    def _remember(self, digest: str) -> None:
        """Record the package, now that it works. A package that was not recorded is deployed again next time."""
        try:
            az(
                *("tag", "update", "--operation", "Merge"),
                "--resource-id",
                self.group_id,
                "--tags",
                f"{self._tag}={digest}",
            )
        except AzError:
            say("The package could not be recorded; the next run will deploy it again.")
