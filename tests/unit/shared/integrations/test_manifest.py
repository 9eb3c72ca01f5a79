"""The manifest's revision increases if and only if a change affects the manifest (I6)."""

from typing import Any

import pytest

from shared.integrations.integration import MANIFEST_FIELDS, READ_ONLY_FIELDS, Integration
from shared.integrations.manifest import revised
from tests.support.integrations import GUID, an_integration

BEFORE = an_integration(uuid=GUID).model_copy(update={"manifest_revision": 4, "manifest_reinstall_needed": False})


def other(name: str) -> Any:
    """A different value for this setting."""
    value = getattr(BEFORE, name)
    return not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}x"


@pytest.mark.parametrize("name", sorted(Integration.model_fields.keys() - READ_ONLY_FIELDS - {"uuid", "domains"}))
def test_a_changed_setting_increases_the_revision_if_the_manifest_contains_it(name: str) -> None:
    after = revised(BEFORE, BEFORE.model_copy(update={name: other(name)}))
    shows = name in MANIFEST_FIELDS
    assert after.manifest_revision == (5 if shows else 4)
    assert after.manifest_reinstall_needed == shows


@pytest.mark.parametrize(
    "change",
    [
        {"icon": "0" * 64},
        {"uuid": "1" + GUID[1:]},
        {"addin_authentication_method": "SSO_TOKEN"},
    ],
)
def test_changes_to_identity_icon_and_single_sign_on_affect_the_manifest(change: dict[str, str]) -> None:
    assert revised(BEFORE, BEFORE.model_copy(update=change)).manifest_revision == 5


def test_the_app_registration_affects_the_manifest_with_single_sign_on_only() -> None:
    sso = BEFORE.model_copy(update={"addin_authentication_method": "SSO_TOKEN"})
    assert revised(sso, sso.model_copy(update={"addin_application_id": GUID})).manifest_revision == 5
    assert revised(sso, BEFORE).manifest_revision == 5


def test_the_revision_stays_the_same_when_nothing_has_changed() -> None:
    assert revised(BEFORE, BEFORE) is BEFORE


def test_a_new_integrations_manifest_must_be_installed() -> None:
    assert an_integration().manifest_reinstall_needed
    assert an_integration().manifest_revision == 1
