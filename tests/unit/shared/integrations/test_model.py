"""Compares the model with the original API's field table, or with its documentation where the two differ."""

import re

import pytest

from shared.integrations.checks import validate
from shared.integrations.integration import (
    MANIFEST_FIELDS,
    READ_ONLY_FIELDS,
    SECRET_FIELDS,
    SECTIONS,
    TEMPLATE_FIELDS,
    Integration,
    settings,
)
from shared.integrations.setting import is_nullable
from shared.templates import FIELDS as TEMPLATES
from tests.support.integrations import GUID, an_integration, full_fields
from tests.unit.shared.integrations.reference import api_fields, product_definition

OURS = {
    "ews_access",
    "graph_tenant_id", "graph_client_id", "conference_platform", "copied_tag_action", "response_format",
    "reservation_days", "room_lead_time",
    "manifest_revision", "manifest_reinstall_needed", "manifest_installed_revision",
    "enable_addin_mobile_command", "enable_addin_auto_open",
    "bridge_url", "bridge_username", "bridge_password", "bridge_client_id", "bridge_private_key",
}  # fmt: skip
INTERNAL = {"icon", "revision", "ivr_theme_name", "host_identity_provider_group_name"}
SEED_WINS = {
    "addin_group_label": "Pexip Meeting",
    "addin_button_label": "Create a Pexip Meeting",
    "addin_supertip_title": "Makes this a Pexip Meeting",
}


def limits(name: str) -> dict[str, int]:
    found = {}
    for item in Integration.model_fields[name].metadata:
        for key in ("min_length", "max_length", "ge", "le"):
            if getattr(item, key, None) is not None:
                found[key] = getattr(item, key)
    return found


def test_the_model_has_every_field_of_the_original_api_and_only_our_additions() -> None:
    ours = Integration.model_fields.keys() | {"resource_uri"}
    assert ours - INTERNAL - OURS == api_fields().keys()
    assert len(api_fields()) == 104


def test_defaults_equal_those_of_the_original_api_unless_the_product_definition_differs() -> None:
    for name, facts in api_fields().items():
        if "default" in facts:
            assert Integration.model_fields[name].default == SEED_WINS.get(name, facts["default"]), name


def test_limits_and_choices_equal_those_of_the_original_api() -> None:
    keys = {"min_length": "min_length", "max_length": "max_length", "minimum": "ge", "maximum": "le"}
    for name, facts in api_fields().items():
        wanted = {keys[key]: value for key, value in facts.items() if key in keys}
        if name == "scheduled_alias_suffix_length":
            wanted["ge"] = 6  # 6 to 15 in the original's documentation
        if facts["writable"] and wanted:
            assert limits(name) == wanted, name
        if "enum" in facts:
            choices = set(Integration.model_fields[name].annotation.__args__)  # type: ignore[union-attr]
            assert choices - {"GRAPH"} == set(facts["enum"]), name


def test_nullable_secret_and_read_only_fields_equal_those_of_the_original_api() -> None:
    for name, facts in api_fields().items():
        if name in {"resource_uri", "domains"}:  # derived from the id, and [] instead of null
            continue
        assert is_nullable(Integration.model_fields[name]) == facts["nullable"], name
        assert (name in READ_ONLY_FIELDS) == (not facts["writable"]), name
        assert (name in SECRET_FIELDS) == (bool(facts.get("sensitive")) and facts["writable"]), name


def test_default_templates_appear_verbatim_in_the_product_definition() -> None:
    seed = product_definition()
    for name in TEMPLATE_FIELDS:
        assert Integration.model_fields[name].default.replace("\r\n", "\n") in seed, name


def test_default_texts_appear_in_the_product_definition() -> None:
    seed = product_definition()
    for name, field, _ in settings():
        if name.startswith("addin_") and isinstance(field.default, str) and " " in field.default:
            assert re.search(rf"Default: {re.escape(field.default)}\.?\n", seed), name


def test_the_manifest_fields_are_those_marked_in_the_product_definition() -> None:
    labels = set(re.findall(r"^(Add-in [\w -]+?) \*$", product_definition(), re.MULTILINE))
    ours = {setting.label for name, _, setting in settings() if setting.manifest and name not in OURS}
    assert ours == labels
    assert len(MANIFEST_FIELDS - OURS) == len(labels) == 8


def test_labels_are_those_of_the_product_definition() -> None:
    seed = product_definition().replace("\xa0", " ")
    listed = {name for name, facts in api_fields().items() if facts["seed_option"]} - {"authentication_method"}
    for name, _, setting in settings():
        if name in listed:
            assert setting.label in seed, name


def test_the_template_fields_are_those_that_the_sandbox_supports() -> None:
    assert set(TEMPLATES) == TEMPLATE_FIELDS


@pytest.mark.parametrize("name", Integration.model_fields)
def test_every_setting_has_a_help_text(name: str) -> None:
    setting = next(setting for known, _, setting in settings() if known == name)
    assert setting.label
    assert setting.help.endswith(".")


def test_every_setting_belongs_to_exactly_one_section() -> None:
    owners = [name for section in SECTIONS for name in section.__annotations__ if name in Integration.model_fields]
    assert sorted(owners) == sorted(Integration.model_fields)


def test_a_domain_name_is_expanded_to_the_url_of_its_metadata() -> None:
    url = "https://mail.example.com/ews/metadata.json"
    integration = an_integration(domains=[{"domain": "Mail.example.com"}, {"domain": url}])
    assert integration.metadata_urls == ("https://Mail.example.com/autodiscover/metadata/json/1", url)


def test_the_mailbox_is_compared_in_lower_case() -> None:
    assert an_integration(room_mailbox_email_address="VMR@Example.com").mailbox == "vmr@example.com"
    assert an_integration(enable_dynamic_vmrs=False, room_mailbox_email_address=None).mailbox == ""


def test_script_sources_are_separated_by_lines() -> None:
    integration = an_integration(
        additional_add_in_script_sources="https://a.example/x.js\r\n\n  https://b.example/y.js "
    )
    assert integration.script_sources == ("https://a.example/x.js", "https://b.example/y.js")


def test_the_resource_contains_every_field_except_secrets_and_internals() -> None:
    resource = an_integration(password="correct horse").resource()
    shown = Integration.model_fields.keys() | {"resource_uri"}
    assert resource.keys() == shown - INTERNAL - SECRET_FIELDS - {"private_key"}
    assert "correct horse" not in str(resource)


ONLINE, OWN = "https://outlook.office365.com/EWS/Exchange.asmx", "https://mail.example.com/EWS/Exchange.asmx"


@pytest.mark.parametrize(
    ("method", "url", "by_ews"),
    [
        ("GRAPH", "", False),
        ("GRAPH", OWN, False),
        ("APP_PERM", ONLINE, False),
        ("APP_PERM", "", False),
        ("APP_PERM", OWN, True),
        ("OAUTH", ONLINE, True),
        ("NTLM", OWN, True),
    ],
)
def test_an_application_accesses_exchange_online_through_graph(method: str, url: str, by_ews: bool) -> None:
    integration = validate(full_fields(method, url=url))
    assert integration.uses_ews is by_ews
    assert integration.resource()["authentication_method"] == method


def test_the_application_is_taken_from_the_settings_for_its_method() -> None:
    tenant = "0c5e5b4f-2f0e-4a57-9d0c-7f1f0f5f2f7d"
    endpoint = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
    own = {"graph_tenant_id": GUID, "graph_client_id": GUID}
    by_app = an_integration(authentication_method="APP_PERM", oauth_token_endpoint=endpoint, oauth_client_id=tenant,
                            oauth_client_secret="staple", **own)  # fmt: skip
    assert by_app.graph_app == (tenant, tenant)
    assert an_integration(**own).graph_app == (GUID, GUID)
    assert an_integration().graph_app == ("", "")
