"""Offline checks of the settings in all files. Problems are reported with line numbers."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cli.checking import comparable, proposed, sendable, validated
from shared.cli.faults import FileRefused
from shared.cli.reading import Entry, parse

GOOD = """\
- name: Corp of {mailbox}
  addin_server_domain: addin.example.com
  authentication_method: GRAPH
  room_mailbox_name: VMR
  room_mailbox_email_address: {mailbox}
  scheduled_alias_prefix: meet
  scheduled_alias_domain: example.com
  domains: [outlook.office365.com]
"""  # 8 lines


def good(mailbox: str = "vmr@example.com", *more: str) -> str:
    return GOOD.format(mailbox=mailbox) + "".join(f"  {line}\n" for line in more)


def faults(text: str, environ: Mapping[str, str] | None = None, *, local: bool = False) -> list[str]:
    try:
        validated(parse("corp.yaml", text), environ or {}, local=local)
    except FileRefused as refused:
        return str(refused).splitlines()
    return []


def entry(**fields: Any) -> Entry:
    return Entry("corp.yaml", 1, fields)


def test_a_valid_file_has_no_faults() -> None:
    assert faults(good() + good("other@example.com")) == []


def test_all_faults_in_all_integrations_are_reported_in_file_order() -> None:
    text = good("vmr@example.com", "descripton: typo", "meeting_buffer_after: 181", "description: 12")
    assert faults(text + good("nobody").replace("addin.example.com", "10.0.0.1")) == [
        "corp.yaml:9: descripton: There is no such setting. Did you mean description?",
        "corp.yaml:10: meeting_buffer_after: Ensure this value is less than or equal to 180.",
        "corp.yaml:11: description: Must be a string. Put it in quotes.",
        'corp.yaml:13: addin_server_domain: "10.0.0.1" is not an FQDN such as mail.example.com '
        "(write international names in their xn-- form).",
        'corp.yaml:16: room_mailbox_email_address: "nobody" is not an e-mail address such as vmr@example.com.',
    ]


def test_a_fault_in_a_template_is_reported_with_its_line_in_the_file() -> None:
    text = good("vmr@example.com", "reject_single_meeting_past: |", "  <p>", "  {{ nothing }}", "  </p>")
    assert faults(text) == [
        "corp.yaml:11: reject_single_meeting_past: "
        "line 2: unknown variable 'nothing'; this text has no variables"
    ]  # fmt: skip


def test_a_missing_setting_is_reported_with_its_integrations_line() -> None:
    (fault,) = faults(good().replace("  scheduled_alias_prefix: meet\n", ""))
    assert fault == "corp.yaml:1: scheduled_alias_prefix: Required when enable_dynamic_vmrs is true."


def test_loopback_hosts_are_allowed_for_local_stacks_only() -> None:
    text = good().replace("outlook.office365.com", "http://127.0.0.1:7072/metadata")
    assert len(faults(text)) == 1
    assert faults(text, local=True) == []


def test_secrets_may_be_unset_when_a_file_is_validated() -> None:
    assert faults(good("vmr@example.com", "oauth_client_secret: !env SECRET")) == []


def test_other_variables_must_be_set() -> None:
    text = good("!env MAILBOX")
    assert faults(text) == [
        "corp.yaml:5: room_mailbox_email_address: the environment variable MAILBOX is not set or is empty."
    ]
    assert faults(text, {"MAILBOX": ""}) == faults(text)
    assert faults(text, {"MAILBOX": "vmr@example.com"}) == []
    assert "is not an e-mail address" in faults(text, {"MAILBOX": "vmr"})[0]


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [
        ("room_mailbox_email_address", "vmr@example.com", "VMR@example.com"),
        ("uuid", "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0", "4189C2B4-92CA-416C-B7EA-BC3CFAB3D0F0"),
    ],
)
def test_two_integrations_can_share_neither_mailbox_nor_identity(field: str, first: str, second: str) -> None:
    mailboxes = (first, second) if field == "room_mailbox_email_address" else ("a@example.com", "b@example.com")
    more = [f"uuid: {value}" for value in (first, second)] if field == "uuid" else ["", ""]
    text = good(mailboxes[0], more[0]) + good(mailboxes[1], more[1])
    (fault,) = faults(text)
    lines = (9, 18) if field == "uuid" else (5, 14)
    assert fault == f"corp.yaml:{lines[1]}: {field}: is already used by the integration in corp.yaml:{lines[0]}."


def test_proposed_settings_are_separated_from_secrets() -> None:
    values, secrets = proposed(
        entry(
            id=7,
            resource_uri="/api/admin/configuration/v1/ms_exchange_connector/7/",
            manifest_revision=3,
            uuid="4189C2B4-92CA-416C-B7EA-BC3CFAB3D0F0",
            ivr_theme="",
            password="line\nends stay",
            description="two\nlines",
            domains=[{"id": 3, "domain": "a.example.com", "creation_time": "…"}, "b.example.com"],
        )
    )
    assert values == {
        "uuid": "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0",
        "ivr_theme": None,
        "description": "two\r\nlines",
        "domains": [{"domain": "a.example.com"}, {"domain": "b.example.com"}],
    }
    assert secrets == {"password": "line\nends stay"}


@given(st.text(st.sampled_from("ab\r\n")))
def test_all_kinds_of_line_endings_are_treated_alike(text: str) -> None:
    sent = sendable({"description": text})["description"]
    assert sendable({"description": sent})["description"] == sent
    assert comparable("description", sent) == comparable("description", text)
    assert "\n" not in sent.replace("\r\n", "")
    assert "\r" not in sent.replace("\r\n", "")


def test_one_typo_is_reported_as_one_fault() -> None:
    text = good().replace("authentication_method: GRAPH", "authentification_method: GRAPH")
    assert faults(text) == [
        "corp.yaml:3: authentification_method: There is no such setting. Did you mean authentication_method?"
    ]


def test_an_invalid_value_for_a_misspelt_setting_is_reported_with_its_line() -> None:
    assert faults(good("vmr@example.com", "meeting_bufer_after: 181")) == [
        "corp.yaml:9: meeting_bufer_after: Ensure this value is less than or equal to 180.",
        "corp.yaml:9: meeting_bufer_after: There is no such setting. Did you mean meeting_buffer_after?",
    ]


def test_duplicate_settings_are_reported_together_with_other_faults() -> None:
    told = faults(good("vmr@example.com", "meeting_buffer_after: 181") + good())
    assert [fault.split(": ")[0] for fault in told] == ["corp.yaml:9", "corp.yaml:10", "corp.yaml:14"]
