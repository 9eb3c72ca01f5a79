"""The tests that keep code and infrastructure in step notice drift. Every kind is introduced into a copy."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.conformance import test_infra_policy as policy
from tests.conformance import test_infra_settings as app_settings
from tests.conformance.bicep import BICEP

tables_and_queues = policy.test_exactly_the_tables_and_queues_that_the_code_uses_are_created
roles = policy.test_the_app_has_exactly_the_roles_that_the_code_needs
given = app_settings.test_every_setting_that_the_code_reads_is_defined
unread = app_settings.test_every_defined_setting_is_read
optional = app_settings.test_all_optional_settings_can_be_omitted
secrets = app_settings.test_every_secret_is_a_reference_that_the_deploy_script_can_create

MORE = "\n  'one-more'"
POISON = "\n  'meeting-requests-poison'"
GUID = "'8a0f0c08-91a1-4084-bc3d-661d67233fed'"
DRIFTS: dict[str, tuple[str, str, str, Callable[[], None]]] = {
    "a table is missing": ("storage", "\n  'personal'", "", tables_and_queues),
    "an additional table": ("storage", "\n  'personal'", "\n  'personal'" + MORE, tables_and_queues),
    "a poison queue is missing": ("storage", POISON, "", tables_and_queues),
    "an additional queue": ("storage", POISON, POISON + MORE, tables_and_queues),
    "a role is missing": ("storage", f"  storageQueueDataMessageProcessor: {GUID}", "", roles),
    "another role": ("storage", GUID, "'17d1049b-9a84-46fb-8f53-869881c3d3ab'", roles),
    "a setting is missing": ("app", "  SECRETS_VAULT_URI: vaultUri\n", "", given),
    "a setting is misspelt": ("app", "  PUBLIC_BASE_URL:", "  PUBLIC_BASEURL:", given),
    "an unused setting": ("app", "  PUBLIC_BASE_URL:", "  DEBUG: 'true'\n  PUBLIC_BASE_URL:", unread),
    "an optional setting is always set": ("app", "empty(policyUsername) ? {} : ", "", optional),
    "a secret in plain text": (
        "app", "'@Microsoft.KeyVault(SecretUri=${secrets}/tag-signing-key)'", "'0123456789abcdef'", secrets
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "right", "wrong", "check"), DRIFTS.values(), ids=DRIFTS)
def test_drift_in_the_templates_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, right: str, wrong: str, check: Callable[[], None]
) -> None:
    copy = tmp_path / "bicep"
    shutil.copytree(BICEP, copy)
    target = copy / "modules" / f"{file}.bicep"
    source = target.read_text()
    assert right in source
    target.write_text(source.replace(right, wrong, 1))
    moved: list[tuple[ModuleType, Path]] = [(policy, copy), (app_settings, copy)]
    for module, place in moved:
        monkeypatch.setattr(module, "BICEP", place)
    with pytest.raises(AssertionError):
        check()


@pytest.mark.parametrize("name", ["TABLES", "QUEUES"])
def test_drift_in_the_code_is_noticed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(policy, name, (*getattr(policy, name), "one-more"))
    with pytest.raises(AssertionError):
        tables_and_queues()


def test_a_new_setting_in_the_code_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = app_settings.read
    monkeypatch.setattr(app_settings, "read", lambda: {*real(), "ONE_MORE"})
    with pytest.raises(AssertionError):
        given()
