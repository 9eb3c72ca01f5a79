"""X1: with all possible settings, the unified manifest is valid according to Microsoft's schema."""

import json
from typing import Any

import pytest

from shared.addin.manifest import Permission, contents, unified_manifest
from shared.addin.manifest.contents import fitted
from shared.addin.manifest.unified import SCHEMA_VERSION
from shared.integrations import Integration
from shared.web.addresses import Addresses
from tests.support import ROOT
from tests.support.integrations import GUID, an_integration, full_fields
from tests.unit.shared.addin.manifest.extremes import EXTREMES, worst

ADDRESSES = Addresses("https://vmr.example.com")
SCHEMAS = "node_modules/@microsoft/app-manifest/build/json-schemas/teams"


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    file = ROOT / "tests" / "browser" / "node" / SCHEMAS / f"v{SCHEMA_VERSION}" / "MicrosoftTeams.schema.json"
    if not file.exists():
        pytest.skip("the npm package @microsoft/app-manifest is not in tests/browser/node")
    return jsonschema.Draft4Validator(json.loads(file.read_text()))


def faults(validator: Any, integration: Integration) -> list[str]:
    manifest = unified_manifest(contents(integration, ADDRESSES))
    return [f"{list(fault.path)}: {fault.message}" for fault in validator.iter_errors(manifest)]


@pytest.mark.parametrize("method", ["EXCHANGE_USER_ID_TOKEN", "NAA_TOKEN", "SSO_TOKEN"])
def test_the_manifest_is_valid_with_every_authentication_method(validator: Any, method: str) -> None:
    assert faults(validator, an_integration(**full_fields(addin_authentication_method=method))) == []


@pytest.mark.parametrize("text", EXTREMES.values(), ids=EXTREMES)
def test_the_manifest_is_valid_with_extreme_texts(validator: Any, text: str) -> None:
    assert faults(validator, worst(text)) == []


@pytest.mark.parametrize("phones", [True, False])
@pytest.mark.parametrize("offer", [True, False])
def test_the_manifest_is_valid_with_every_combination_of_commands(validator: Any, phones: bool, offer: bool) -> None:
    integration = an_integration(enable_addin_mobile_command=phones, enable_addin_auto_open=offer)
    assert faults(validator, integration) == []
    [extension] = unified_manifest(contents(integration, ADDRESSES))["extensions"]
    contexts = [context for ribbon in extension["ribbons"] for context in ribbon["contexts"]]
    assert ("onlineMeetingDetailsOrganizer" in contexts) == phones
    assert ("autoRunEvents" in extension) == offer
    wanted = {control["actionId"] for control in controls(extension)} | {
        event["actionId"] for run in extension.get("autoRunEvents", []) for event in run["events"]
    }
    assert wanted == {action["id"] for runtime in extension["runtimes"] for action in runtime["actions"]}


def controls(extension: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons on all ribbons, including on phones."""
    tabs = [tab for ribbon in extension["ribbons"] for tab in ribbon["tabs"]]
    groups = [group for tab in tabs for group in (*tab.get("groups", []), *tab.get("customMobileRibbonGroups", []))]
    return [control for group in groups for control in group["controls"]]


def test_unified_and_xml_manifests_describe_the_same_add_in() -> None:
    integration = an_integration(uuid=GUID)
    said = contents(integration, ADDRESSES)
    manifest = unified_manifest(said)
    [extension] = manifest["extensions"]
    assert manifest["id"] == str(said.id)
    assert extension["audienceClaimUrl"] == extension["runtimes"][0]["code"]["page"] == said.pane
    assert extension["requirements"]["capabilities"] == [{"name": "Mailbox", "minVersion": "1.5"}]


def test_delegates_and_the_mailbox_permission_are_declared() -> None:
    manifest = unified_manifest(contents(an_integration(), ADDRESSES, Permission.MAILBOX))
    names = [entry["name"] for entry in manifest["authorization"]["permissions"]["resourceSpecific"]]
    assert names == ["Mailbox.ReadWrite.User", "Mailbox.SharedFolder"]


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("12345", 5, "12345"),
        ("123456", 5, "1234…"),
        ("ab cd", 4, "ab…"),
        ("𝔘𝔘𝔘", 6, "𝔘𝔘𝔘"),
        ("𝔘𝔘𝔘", 5, "𝔘𝔘…"),
        ("𝔘𝔘𝔘", 4, "𝔘…"),
    ],
)
def test_texts_are_truncated_to_the_length_as_counted_by_outlook(text: str, limit: int, cut: str) -> None:
    assert fitted(text, limit) == cut
