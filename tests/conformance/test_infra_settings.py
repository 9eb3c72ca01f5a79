"""The app settings in infra/ match those that the code reads."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions import mailbox
from infra import app_secrets, package
from shared.identity.passwords import hash_password
from shared.settings import SettingsError, load_settings
from tests.conformance.bicep import BICEP, INFRA, load

ROOT = INFRA.parent

NOT_IN_AZURE = {
    "SchedulingStorage": "a connection string with a key, for the local stack; in Azure the identity is used",
    "SECRETS_FILE": "replaces the vault during development",
    "GRAPH_BASE_URL": "only for tests and the local stack",
}
PLATFORM = {
    "AzureWebJobsDisableHomepage": "the Functions host",
    "AzureWebJobsStorage__credential": "the Functions host",
    "AzureWebJobsStorage__clientId": "the Functions host",
    "AzureWebJobsStorage__blobServiceUri": "the Functions host",
    "AzureWebJobsStorage__queueServiceUri": "the Functions host",
    "AzureWebJobsStorage__tableServiceUri": "the Functions host",
    "SchedulingStorage__credential": "the queue trigger and the queue binding",
    "SchedulingStorage__clientId": "the queue trigger and the queue binding",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the Functions host",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the Functions host",
    "AZURE_CLIENT_ID": "the Azure libraries, which use this identity",
    "HTTPS_PROXY": "the HTTP libraries",
    "NO_PROXY": "the HTTP libraries",
    "SSL_CERT_FILE": "the HTTP libraries",
    "OTEL_TRACES_SAMPLER": "the Functions host",
    "OTEL_TRACES_SAMPLER_ARG": "the Functions host",
}
OPTIONAL = {
    "policySettings": "policyUsername",
    "managementSettings": "managementUsername",
    "managementEntraSettings": "managementClientId",
    "proxySettings": "webProxy",
    "authoritySettings": "ownAuthorities",
}
"""The settings that exist only if a parameter is given."""


class Recorder(dict[str, str]):
    """An environment mapping that records which variables are read."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)


def declared() -> dict[str, Any]:
    """Every app setting that infra/ defines, with its value."""
    variables = load(BICEP / "modules" / "app.bicep").variables
    return {k: v for name in ("settings", *OPTIONAL) for k, v in variables[name].items()}


def read() -> set[str]:
    """Every app setting that the code reads."""
    environment = Recorder({})
    with pytest.raises(SettingsError):
        load_settings(environment)
    return environment.asked


def test_every_setting_that_the_code_reads_is_defined() -> None:
    missing = read() - set(declared()) - set(NOT_IN_AZURE)
    assert not missing, "add them to infra/bicep/modules/app.bicep, or to NOT_IN_AZURE with the reason"


def test_every_defined_setting_is_read() -> None:
    unread = set(declared()) - read() - set(PLATFORM)
    assert not unread, "remove them from infra/bicep/modules/app.bicep, or name their reader in PLATFORM"


def test_the_code_accepts_the_settings_that_infra_defines() -> None:
    settings = load_settings({name: in_azure(name, value) for name, value in declared().items()})
    assert not settings.is_local
    assert settings.storage.table_uri == "https://storage.table.core.windows.net"
    assert settings.storage.queue_uri == "https://storage.queue.core.windows.net"
    assert settings.storage.connection_string == ""
    assert settings.public_base_url == "https://app.azurewebsites.net"
    assert settings.policy
    assert settings.management


def test_all_optional_settings_can_be_omitted() -> None:
    variables = load(BICEP / "modules" / "app.bicep").variables
    settings = load_settings({name: in_azure(name, value) for name, value in variables["settings"].items()})
    assert (settings.policy, settings.management) == (None, None)
    source = (BICEP / "modules" / "app.bicep").read_text()
    for name, switch in OPTIONAL.items():
        assert f"empty({switch}) ? {{}} : {name}" in source or f"{switch} ? {name} : {{}}" in source


def in_azure(name: str, value: Any) -> str:
    """A setting as the app sees it, with the site's names filled in and references resolved."""
    if name.endswith("_PASSWORD_HASH"):
        return hash_password("a password")
    if name == "POLICY_VMRS":
        return "on"  # the parameter's default
    if str(value).startswith("@Microsoft.KeyVault("):
        return "k" * 64
    text = value if isinstance(value, str) else value.text
    if "defaultHostName" in text:
        return "https://app.azurewebsites.net"
    return re.sub(r"\$\{[^}]*suffixes[^}]*\}|\$\{storageSuffix\}", "core.windows.net", text).replace(
        "${storageName}", "storage"
    )


def test_every_secret_is_a_reference_that_the_deploy_script_can_create() -> None:
    references = {
        name: re.fullmatch(r"@Microsoft\.KeyVault\(SecretUri=\$\{vaultUri\}secrets/([a-z-]+)\)", value)
        for name, value in declared().items()
        if name.endswith(("_KEY", "_HASH"))
    }
    assert set(references) == {"TAG_SIGNING_KEY", "POLICY_PASSWORD_HASH", "MANAGEMENT_PASSWORD_HASH"}
    for name, reference in references.items():
        assert reference, f"{name} is not a Key Vault reference without a version"
        assert reference[1] in {app_secrets.SIGNING_KEY, *app_secrets.PASSWORDS}
        assert f"'{reference[1]}'" in (BICEP / "modules" / "app.bicep").read_text()


def test_the_connection_of_the_triggers_is_declared() -> None:
    for suffix in ("credential", "clientId", "queueServiceUri"):
        assert f"{mailbox.STORAGE}__{suffix}" in declared()


def test_the_environment_is_read_in_one_place() -> None:
    readers = {path.relative_to(ROOT).as_posix() for path in sources() if reads_environment(path)}
    assert readers <= {"shared/composition/__init__.py", "shared/cli"}


def sources() -> Iterator[Path]:
    for folder in ("shared", "functions"):
        yield from (path for path in (ROOT / folder).rglob("*.py") if not path.is_relative_to(ROOT / "shared" / "cli"))
    yield ROOT / "function_app.py"


def reads_environment(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_the_certificate_file_is_where_the_app_settings_say() -> None:
    told = declared()["SSL_CERT_FILE"]
    assert told == f"{package.AZURE_ROOT}/{package.OWN_AUTHORITIES.name}"
