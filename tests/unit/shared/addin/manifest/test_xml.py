"""X1, I6: the add-in-only manifest reflects the settings, and is valid with all possible settings."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]

from shared.addin.manifest import Permission, contents, xml_manifest
from shared.integrations import Integration
from shared.web.addresses import Addresses
from tests.support import shared_data
from tests.support.examples import examples
from tests.support.integrations import GUID, an_integration, full_fields
from tests.unit.shared.addin.manifest.extremes import EXTREMES, FQDN, SWITCHES, TEXTS, worst
from tests.unit.shared.addin.manifest.lint import APP, BASIC, OVERRIDES, OVERRIDES_1_1, XSI, lint

ADDRESSES = Addresses("https://vmr.example.com")
NAMES = {"a": APP, "b": BASIC, "o": OVERRIDES, "n": OVERRIDES_1_1}


@pytest.fixture(scope="module")
def schema() -> Any:
    return etree.XMLSchema(etree.parse(shared_data("data/manifest-xsd/OfficeAppManifestV1_1.xsd")))


def manifest(integration: Integration, permission: Permission = Permission.ITEM) -> Any:
    return etree.fromstring(xml_manifest(contents(integration, ADDRESSES, permission)))


def assert_valid(schema: Any, integration: Integration) -> None:
    made = xml_manifest(contents(integration, ADDRESSES))
    assert schema.validate(etree.fromstring(made)), schema.error_log
    assert lint(made, (integration.addin_server_domain, "login.microsoftonline.com")) == []


def test_the_manifest_is_valid_with_default_settings(schema: Any) -> None:
    assert_valid(schema, an_integration())


@pytest.mark.parametrize("method", ["EXCHANGE_USER_ID_TOKEN", "NAA_TOKEN", "SSO_TOKEN"])
def test_the_manifest_is_valid_with_every_authentication_method(schema: Any, method: str) -> None:
    fields = full_fields(addin_authentication_method=method, addin_server_domain=FQDN)
    assert_valid(schema, an_integration(**fields))


@pytest.mark.parametrize("phones", [True, False])
@pytest.mark.parametrize("offer", [True, False])
def test_the_manifest_is_valid_with_every_combination_of_commands(schema: Any, phones: bool, offer: bool) -> None:
    integration = an_integration(enable_addin_mobile_command=phones, enable_addin_auto_open=offer)
    assert_valid(schema, integration)
    root = manifest(integration)
    surfaces = {point.get(XSI) for point in root.iterfind(".//n:ExtensionPoint", NAMES)}
    assert ("MobileOnlineMeetingCommandSurface" in surfaces) == phones
    assert ("LaunchEvent" in surfaces) == offer
    assert not set(root.iterfind(".//o:MobileFormFactor", NAMES)), "1.0 knows neither"


def test_commands_without_a_pane_are_declared() -> None:
    integration = an_integration(**dict.fromkeys(SWITCHES, True))
    root = manifest(integration)
    base = f"https://addin.example.com/addin/{integration.uuid}"
    urls = {url.get("id"): url.get("DefaultValue") for url in root.iterfind(".//n:Resources//b:Url", NAMES)}
    assert urls == {"pane": f"{base}/pane", "commands": f"{base}/commands", "launch": f"{base}/launch.js"}
    [event] = root.iterfind(".//n:LaunchEvent", NAMES)
    assert dict(event.attrib) == {"Type": "OnNewAppointmentOrganizer", "FunctionName": "onNewMeeting"}
    [override] = root.iterfind(".//n:Runtime/n:Override", NAMES)
    assert override.get("resid") == "launch"
    [function] = root.iterfind(".//n:MobileFormFactor//n:FunctionName", NAMES)
    assert function.text == "addVmr"
    phone = {image.get("resid") for image in root.iterfind(".//n:MobileFormFactor//b:Image", NAMES)}
    served = {image.get("id"): image.get("DefaultValue") for image in root.iterfind(".//n:Resources//b:Image", NAMES)}
    assert all(served[resid].endswith("-grey.png") for resid in phone)


@pytest.mark.parametrize("text", EXTREMES.values(), ids=EXTREMES)
def test_the_manifest_is_valid_with_extreme_texts(schema: Any, text: str) -> None:
    assert_valid(schema, worst(text))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
@given(st.dictionaries(st.sampled_from(TEXTS), st.text(st.characters(), max_size=300), min_size=1))
def test_arbitrary_texts_give_a_valid_manifest(schema: Any, texts: dict[str, str]) -> None:
    assert_valid(schema, an_integration().model_copy(update=texts))


def test_manifest_texts_come_from_the_settings() -> None:
    integration = an_integration(**{name: f"{name} <{index}> &" for index, name in enumerate(TEXTS)})
    root = manifest(integration)
    for overrides in root.iter(f"{{{OVERRIDES}}}VersionOverrides", f"{{{OVERRIDES_1_1}}}VersionOverrides"):
        strings = {
            string.get("id"): string.get("DefaultValue")
            for string in overrides.iterfind("{*}Resources//b:String", NAMES)
        }
        assert strings == {
            "groupLabel": integration.addin_group_label,
            "buttonLabel": integration.addin_button_label,
            "supertipTitle": integration.addin_supertip_title,
            "supertipText": integration.addin_supertip_description,
            "description": integration.addin_description,
        }
    assert root.findtext("a:ProviderName", namespaces=NAMES) == integration.addin_provider_name
    assert root.find("a:DisplayName", NAMES).get("DefaultValue") == integration.addin_display_name


def test_organizers_and_their_delegates_get_a_button_that_opens_the_pane() -> None:
    integration = an_integration()
    root = manifest(integration)
    newest = root.find("o:VersionOverrides/n:VersionOverrides", NAMES)
    pane = f"https://addin.example.com/addin/{integration.uuid}/pane"
    assert newest.findtext(".//n:SupportsSharedFolders", namespaces=NAMES) == "true"
    assert newest.find(".//n:Action/n:SourceLocation", NAMES).get("resid") == "pane"
    urls = root.iterfind(".//b:Url", NAMES)
    assert {url.get("DefaultValue") for url in urls} == {pane}
    assert root.find("a:FormSettings//a:SourceLocation", NAMES).get("DefaultValue") == pane, "audience of tokens"


def test_each_integration_has_one_stable_add_in_id() -> None:
    one = an_integration(uuid=GUID)
    renamed = one.model_copy(update={"addin_display_name": "Other", "uuid": GUID.upper()})
    recreated = one.model_copy(update={"uuid": "11111111-1111-4111-8111-111111111111"})
    ids = [manifest(integration).findtext("a:Id", namespaces=NAMES) for integration in (one, renamed, recreated)]
    assert ids[0] == ids[1] != ids[2]
    assert UUID(ids[0]) != UUID(GUID), "the add-in's id differs from the uuid in the pane's URL"


def test_manifest_version_increases_with_every_revision() -> None:
    versions = []
    for revision in (1, 2, 9_999, 10_000, 10_001, 123_456):
        integration = an_integration().model_copy(update={"manifest_revision": revision})
        versions.append(manifest(integration).findtext("a:Version", namespaces=NAMES))
    assert versions[0] == "1.0.1.0"
    numbers = [[int(part) for part in version.split(".")] for version in versions]
    assert numbers == sorted(numbers)
    assert len({*versions}) == len(versions)


def test_a_new_icon_gets_a_new_url() -> None:
    one, other = (an_integration().model_copy(update={"icon": sha}) for sha in ("a" * 64, "b" * 64))
    addresses = [
        {image.get("DefaultValue") for image in manifest(integration).iterfind(".//b:Images/b:Image", NAMES)}
        for integration in (one, other)
    ]
    assert len(addresses[0]) == 4
    assert not addresses[0] & addresses[1]


def test_the_mailbox_permission_is_requested_only_if_the_settings_require_it() -> None:
    permissions = {
        permission: manifest(an_integration(), permission).findtext("a:Permissions", namespaces=NAMES)
        for permission in Permission
    }
    assert permissions == {Permission.ITEM: "ReadWriteItem", Permission.MAILBOX: "ReadWriteMailbox"}


def test_the_users_sign_in_service_is_an_app_domain() -> None:
    made = xml_manifest(contents(an_integration(**full_fields()), ADDRESSES))
    assert lint(made, ("fs.example.com", "addin.example.com")) == []


def test_a_sign_in_service_is_omitted_if_its_name_is_too_long_for_the_schema(schema: Any) -> None:
    host = ".".join("d" * 60 for _ in range(4)) + ".xy"
    fields = full_fields(personal_vmr_oauth_auth_endpoint=f"https://{host}/")
    integration = an_integration(**fields).model_copy(update={"personal_vmr_oauth_auth_endpoint": f"https://{host}/"})
    assert_valid(schema, integration)


def test_the_app_registration_is_declared_only_for_single_sign_on() -> None:
    sso = manifest(an_integration(**full_fields(addin_authentication_method="SSO_TOKEN")))
    [info] = sso.iterfind(".//n:WebApplicationInfo", NAMES)
    assert info.findtext("n:Id", namespaces=NAMES) == GUID
    assert info.findtext("n:Resource", namespaces=NAMES) == f"api://addin.example.com/{GUID}"
    assert not list(manifest(an_integration()).iterfind(".//n:WebApplicationInfo", NAMES))
