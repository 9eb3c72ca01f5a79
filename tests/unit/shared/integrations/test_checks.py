"""Settings that are required together (I3). All faults are reported at once."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import SettingsInvalid
from shared.integrations import validate
from shared.integrations.checks import faults
from shared.integrations.draft import draft
from shared.integrations.integration import READ_ONLY_FIELDS, Integration, settings
from shared.integrations.setting import setting_of
from tests.support.integrations import GUID, full_fields, graph_fields

ALWAYS = {"name", "addin_server_domain"}
SINGLE_USE = {
    "room_mailbox_name", "room_mailbox_email_address", "conference_name_template", "scheduled_alias_prefix",
    "scheduled_alias_domain", "meeting_instructions_template", "placeholder_instructions_template",
    "accept_new_single_meeting_template", "accept_edited_single_meeting_template",
    "accept_new_recurring_series_template", "accept_edited_occurrence_template",
    "accept_edited_recurring_series_template", "reject_invalid_alias_id_template", "reject_alias_conflict_template",
    "reject_alias_deleted_template", "reject_recurring_series_past_template", "reject_single_meeting_past",
    "reject_general_error_template",
}  # fmt: skip
PERSONAL = {
    "personal_vmr_oauth_auth_endpoint", "personal_vmr_oauth_token_endpoint", "personal_vmr_oauth_client_id",
    "personal_vmr_instructions_template", "personal_vmr_location_template", "personal_vmr_name_template",
}  # fmt: skip
OAUTH = {"oauth_client_id", "oauth_redirect_uri", "oauth_auth_endpoint", "oauth_token_endpoint"}
KERBEROS = {"kerberos_realm", "kerberos_kdc", "kerberos_exchange_spn"}
ENTRA = {"addin_application_id", "addin_authority_url", "addin_oidc_metadata_url"}

NO_VMRS = {"enable_dynamic_vmrs": False, "enable_personal_vmrs": False}
BRIDGE = {"conference_platform": "management_api", "bridge_url": "https://manager.example.com"}
CASES: list[tuple[dict[str, Any], set[str]]] = [
    ({"enable_dynamic_vmrs": False, "enable_personal_vmrs": False}, set()),
    ({"authentication_method": "BASIC"}, SINGLE_USE | {"url", "username", "password"}),
    ({"authentication_method": "NTLM"}, SINGLE_USE | {"url", "username", "password"}),
    ({"authentication_method": "OAUTH"}, SINGLE_USE | {"url", "username"} | OAUTH),
    (
        {"authentication_method": "APP_PERM"},
        SINGLE_USE | {"oauth_client_id", "oauth_client_secret", "oauth_token_endpoint"},
    ),
    ({"authentication_method": "GRAPH"}, SINGLE_USE),
    ({"authentication_method": "GRAPH", "graph_tenant_id": GUID}, SINGLE_USE | {"graph_client_id"}),
    ({"authentication_method": "GRAPH", "graph_client_id": GUID}, SINGLE_USE | {"graph_tenant_id"}),
    (
        {"authentication_method": "KERBEROS", "kerberos_enable_tls": False},
        SINGLE_USE | KERBEROS | {"url", "username", "password", "authentication_method"},
    ),
    (
        {"authentication_method": "KERBEROS"},
        SINGLE_USE | KERBEROS | {"url", "username", "password", "kerberos_kdc_https_proxy", "authentication_method"},
    ),
    (
        {"enable_dynamic_vmrs": False, "enable_personal_vmrs": True, "auth_provider": "ADFS"},
        PERSONAL | {"personal_vmr_adfs_relying_party_trust_identifier"},
    ),
    (
        {"enable_dynamic_vmrs": False, "enable_personal_vmrs": True, "auth_provider": "AZURE"},
        PERSONAL | {"personal_vmr_oauth_client_secret"},
    ),
    ({"authentication_method": "GRAPH", "addin_authentication_method": "SSO_TOKEN"}, SINGLE_USE | ENTRA),
    (
        {"authentication_method": "GRAPH", "addin_authentication_method": "NAA_TOKEN"},
        SINGLE_USE | ENTRA | {"addin_naa_web_api_application_id"},
    ),
    (
        {"enable_dynamic_vmrs": False, "use_custom_add_in_sources": True},
        {"office_js_url", "microsoft_fabric_url", "microsoft_fabric_components_url"},
    ),
    ({**NO_VMRS, "conference_platform": "management_api"}, {"bridge_url", "bridge_username"}),
    ({**NO_VMRS, **BRIDGE, "bridge_username": "api"}, {"bridge_password"}),
    ({**NO_VMRS, **BRIDGE, "bridge_client_id": "client"}, {"bridge_private_key"}),
]


REQUIRED = {name for name, _, setting in settings() if setting.required}


def empty_fields() -> dict[str, Any]:
    """Fields in which every setting that may be empty is empty."""
    return {
        name: [] if name == "domains" else ""
        for name, field, setting in settings()
        if (name == "domains" or field.annotation in (str, str | None) or setting.secret)
        and name not in READ_ONLY_FIELDS
    }


def refused(fields: Mapping[str, Any], before: Integration | None = None) -> dict[str, list[str]]:
    with pytest.raises(SettingsInvalid) as caught:
        validate(fields, before)
    return caught.value.faults


@pytest.mark.parametrize(("switches", "required"), CASES, ids=[str(switches)[:60] for switches, _ in CASES])
def test_the_switches_determine_which_settings_are_required(switches: dict[str, Any], required: set[str]) -> None:
    assert refused(empty_fields() | switches).keys() == required | ALWAYS


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_every_conditionally_required_setting_is_covered_by_a_case(name: str) -> None:
    assert name in ALWAYS.union(*(required for _, required in CASES))


@pytest.mark.parametrize("method", ["BASIC", "NTLM", "OAUTH", "APP_PERM", "GRAPH"])
@pytest.mark.parametrize("provider", ["ADFS", "AZURE"])
@pytest.mark.parametrize("token", ["EXCHANGE_USER_ID_TOKEN", "SSO_TOKEN", "NAA_TOKEN"])
def test_complete_settings_are_accepted(method: str, provider: str, token: str) -> None:
    integration = validate(full_fields(method, auth_provider=provider, addin_authentication_method=token))
    assert integration.authentication_method == method


def test_the_minimum_settings_for_graph_are_accepted() -> None:
    assert validate(graph_fields()).url == ""


@pytest.mark.parametrize("blank", ["", " ", "\t", "\r\n", "\xa0"])
def test_blank_text_counts_as_missing(blank: str) -> None:
    assert "name" in refused(graph_fields(name=blank))


def test_messages_show_under_which_condition_a_setting_is_required() -> None:
    found = refused({"scheduled_alias_domain": ""})
    assert found["name"] == ["This field is required."]
    assert found["scheduled_alias_domain"] == ["Required when enable_dynamic_vmrs is true."]


def test_all_faults_are_reported_together() -> None:
    wrong = {
        "meeting_buffer_before": -1, "url": "http://mail.example.com/", "scheduled_alias_prefix": "me et",
        "meeting_instructions_template": "no tag", "domains": [{"domain": "10.0.0.1"}], "auth_provider": "LDAP",
        "name": "", "colour": "red", "enable_addin_debug_logs": "yes",
    }  # fmt: skip
    assert refused(graph_fields(**wrong)).keys() == wrong.keys()


def test_a_field_of_the_wrong_type_is_not_also_reported_as_missing() -> None:
    assert refused(graph_fields(scheduled_alias_domain=7))["scheduled_alias_domain"] == ["Must be a string."]


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("meeting_instructions_template", "<b>{{alias}}</b>"),
        ("meeting_instructions_template", "<div>{{alias_uuid}}"),
        ("conference_name_template", "{{pin}}"),
        ("accept_new_single_meeting_template", "{{alias.__class__}}"),
        ("reject_single_meeting_past", "{% for"),
        ("placeholder_instructions_template", "{{alias}}"),
    ],
)
def test_templates_are_checked(name: str, template: str) -> None:
    assert refused(graph_fields(**{name: template})).keys() == {name}


def test_enabling_a_switch_requires_the_settings_that_it_needs() -> None:
    before = validate(graph_fields())
    assert refused({"enable_personal_vmrs": True}, before).keys() == {
        "personal_vmr_oauth_auth_endpoint",
        "personal_vmr_oauth_token_endpoint",
        "personal_vmr_adfs_relying_party_trust_identifier",
    }


def test_the_uuid_cannot_change() -> None:
    before = validate(graph_fields(uuid=GUID))
    assert validate({"uuid": GUID.upper()}, before).uuid == GUID
    assert refused({"uuid": "1" + GUID[1:]}, before).keys() == {"uuid"}
    assert refused({"uuid": ""}, before).keys() == {"uuid"}


@pytest.mark.parametrize(
    "domains",
    [
        "mail.example.com", {"domain": "mail.example.com"}, ["mail"], [{}], [{"domain": 7}], [None],
        [{"domain": "mail.example.com"}, {"domain": "MAIL.example.com"}], [{"domain": "http://mail.example.com/x"}],
        [{"domain": "a" * 60 + "." + "b" * 60 + "." + "c" * 60 + ".example.com"}], [{"domain": ""}],
        [{"id": 7}], [{"domain": f"m{n}.example.com"} for n in range(51)],
    ],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_invalid_domains_are_refused(domains: object) -> None:
    assert refused(graph_fields(domains=domains)).keys() == {"domains"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


names = st.sampled_from(sorted(Integration.model_fields)) | st.text(max_size=8)


@given(st.dictionaries(names, json_values, max_size=8))
def test_any_input_is_accepted_or_refused_by_field_name(fields: dict[str, Any]) -> None:
    proposed = draft(fields, validate(full_fields()))
    Integration.model_validate(dict(proposed.integration))
    found = faults(proposed, None, local=False)
    assert all(messages and all(messages) for messages in found.values())
    unknown = fields.keys() - Integration.model_fields.keys() - {"resource_uri"}
    assert unknown <= found.keys() <= fields.keys() | REQUIRED


def test_faults_never_quote_a_secret() -> None:
    secrets = [name for name, field in Integration.model_fields.items() if setting_of(field).secret]
    long_secret = "s3cr3t" * 2000
    found = refused(full_fields(**dict.fromkeys(secrets, long_secret)))
    assert found
    assert "s3cr3t" not in str(found)
