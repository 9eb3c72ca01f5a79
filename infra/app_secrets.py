"""The app's own secrets in the vault, which are generated once and never shown.

They are written through Azure Resource Manager, where a vault's secrets are resources. So the person who deploys needs
no role on the vault's data, and can write a secret but never read one back. This also works if the vault is in a
private network, because its firewall guards only the data plane (Key Vault's documentation, "Configure network
security").
"""

import getpass
import os
import secrets
import sys
from dataclasses import dataclass

from infra.azure import ARM, AzError, az, az_or, fail, rest, say, step
from shared.identity.passwords import hash_password

API_VERSION = "2024-11-01"
PASSWORD_MIN_CHARACTERS = 12
PASSWORDS = {
    "policy-password-hash": ("conferencing nodes (policy)", "POLICY_PASSWORD"),
    "management-password-hash": ("the management API", "MANAGEMENT_PASSWORD"),
}
"""Secrets that are password hashes: whose password it is, and the environment variable that may contain it."""

SIGNING_KEY = "tag-signing-key"


@dataclass(frozen=True)
class AppSecrets:
    """One deployment's secrets. `vault` and `app` are resource ids."""

    vault: str
    app: str

    def put(self, names: list[str], new: str) -> None:
        """Create missing secrets and replace the secret `new`. No value is printed or passed on a command line."""
        step("Secrets")
        if new and new not in names:
            fail(f"this deployment has no secret {new}", f"choose one of: {', '.join(names)}")
        present, added = self._present(), False
        for name in names:
            if name in present and name != new:
                say(f"{name} exists")
                continue
            self._write(name, value_of(name))
            added = True
            say(f"{name} was created")
        if added:
            self._refresh_references()

    def _present(self) -> set[str]:
        try:
            found = rest("get", f"{ARM}{self.vault}/secrets?api-version={API_VERSION}")
        except AzError as error:
            sys.stderr.write(f"{error}\n")
            fail("the vault's secrets cannot be listed", "you need Contributor or Owner on the resource group")
        return {entry["name"] for entry in found["value"]}

    def _write(self, name: str, value: str) -> None:
        secret = {"properties": {"value": value, "contentType": "text/plain"}}
        try:
            rest("put", f"{ARM}{self.vault}/secrets/{name}?api-version={API_VERSION}", secret)
        except AzError as error:
            sys.stderr.write(f"{error}\n")
            vault = self.vault.rpartition("/")[2]
            fail(
                f"{name} cannot be written to the vault {vault}",
                f"if it was deleted: az keyvault secret recover --vault-name {vault} --name {name}",
            )

    def _refresh_references(self) -> None:
        """Make the app read its secret references now. It normally does so when it starts and once a day.

        It has not been confirmed that the request works on Flex Consumption. If it has no effect, the app reads them
        when it restarts after the package has been deployed.
        """
        try:
            rest("post", f"{ARM}{self.app}/config/configreferences/appsettings/refresh?api-version=2022-03-01")
        except AzError:
            say("The secret references were not refreshed. The app will read them when it next starts.")


def value_of(name: str) -> str:
    """A new value for a secret. Passwords are entered by the user or taken from the environment, and then hashed."""
    if name == SIGNING_KEY:
        return secrets.token_urlsafe(48)
    if name not in PASSWORDS:
        fail(f"there is no rule for creating the secret {name}", "add it to infra/app_secrets.py")
    whose, variable = PASSWORDS[name]
    password = os.environ.get(variable, "")
    if not password:
        if not sys.stdin.isatty():
            fail(f"there is no password for {whose}", f"set {variable} in the environment, and run this again")
        password = getpass.getpass(f"Password for {whose}, {PASSWORD_MIN_CHARACTERS} characters or more: ")
    if len(password) < PASSWORD_MIN_CHARACTERS:
        fail(f"the password for {whose} is shorter than {PASSWORD_MIN_CHARACTERS} characters", "choose a longer one")
    return hash_password(password)


def recover_deleted_vaults(group_id: str, *, dry_run: bool) -> None:
    """Recover a vault that was deleted with an earlier deployment to this resource group, because its name is still
    taken.
    """
    try:
        deleted = az("keyvault", "list-deleted", "--resource-type", "vault") or []
    except AzError:
        return  # only readers of the subscription see deleted vaults; the deployment will show whether there is one
    for vault in deleted:
        properties = vault["properties"]
        if not properties["vaultId"].lower().startswith(f"{group_id.lower()}/"):
            continue
        if dry_run:
            say(f"would recover the deleted vault {vault['name']}")
            continue
        say(f"recovering the deleted vault {vault['name']}, including its secrets")
        az_or(
            f"the deleted vault {vault['name']} cannot be recovered",
            f"ask an owner of the subscription: az keyvault recover --name {vault['name']}",
            *("keyvault", "recover", "--name", vault["name"], "--location", properties["location"]),
        )
