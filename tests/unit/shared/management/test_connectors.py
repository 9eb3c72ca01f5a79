"""`ms_exchange_connector`: creating, reading, changing and deleting integrations, and their actions."""

from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.booking import Booking, State
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.errors import Conflict, NotFound
from shared.integrations.references import name_in
from shared.operations.doctor import Finding
from shared.operations.doctor.finding import Check
from shared.storage import Insert
from tests.support.icons import png
from tests.support.integrations import GUID, full_fields, graph_fields
from tests.support.management_api import CONNECTORS, Api, created

TAG = "6f8cf6fc-7ab0-4e1d-a6c8-3b5e5a1a1f3d"


async def schedule(api: Api, integration: str, starts_in: timedelta) -> None:
    now = api.clock.now()
    occurrence = Occurrence(now + starts_in, now + starts_in + timedelta(hours=1))
    conference = Conference("n", "d", "s", "a", "1", "t", "", "", "disallow_all", 30, 60, Calendar((occurrence,)))
    booking = Booking(integration, TAG, "a@example.com", "o", now, now, State.SCHEDULED, "m", "i", conference)
    await api.storage.table("meetings").commit(integration, Insert(booking.key, booking.values()))


async def test_the_location_header_leads_to_the_new_integration() -> None:
    api = Api()
    answer = await api.call("POST", CONNECTORS, graph_fields())
    assert answer.headers["Location"] == "/api/admin/configuration/v1/ms_exchange_connector/1/"
    assert await api.get(CONNECTORS + "1/") == answer.body
    assert await api.get(CONNECTORS + "1") == answer.body
    assert answer.body["resource_uri"] == answer.headers["Location"]
    assert answer.body["name"] == "Example Corp"


async def test_domains_are_returned_as_objects_that_can_be_sent_back() -> None:
    api = Api()
    shown = await created(api)
    assert shown["domains"] == [
        {
            "id": 1,
            "domain": "outlook.office365.com",
            "exchange_connector": "/api/admin/configuration/v1/ms_exchange_connector/1/",
            "creation_time": "2026-11-23T09:00:00",
            "resource_uri": "/api/admin/configuration/v1/exchange_domain/1/",
        }
    ]
    again = await api.call("PUT", CONNECTORS + "1/", shown)
    assert again.body["domains"] == shown["domains"]


@pytest.mark.parametrize("host", ["", "https://vmr.example.com"])
async def test_domains_are_accepted_as_uris(host: str) -> None:
    api = Api()
    shown = await created(api, domains=[{"domain": "a.example.com"}, {"domain": "b.example.com"}])
    kept = host + shown["domains"][1]["resource_uri"]
    answer = await api.call("PATCH", CONNECTORS + "1/", {"domains": [kept, {"domain": "c.example.com"}]})
    assert [(each["id"], each["domain"]) for each in answer.body["domains"]] == [
        (2, "b.example.com"),
        (3, "c.example.com"),
    ]


async def test_the_uri_of_another_integrations_domain_is_refused() -> None:
    api = Api()
    await created(api)
    other = await created(api, name="Other", room_mailbox_email_address="other@example.com")
    answer = await api.call("PATCH", CONNECTORS + "1/", {"domains": [other["domains"][0]["resource_uri"]]})
    assert answer.status == 400
    assert answer.body == {
        "ms_exchange_connector": {"domains": ["Entry 1: This integration has no domain with that id."]}
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_change_keeps_fields_that_are_not_sent_and_clears_empty_ones(method: str) -> None:
    api = Api()
    await created(api, description="old", meeting_buffer_before=5, ivr_theme="Blue")
    sent = {"description": "", "ivr_theme": None, "meeting_buffer_after": 7}
    if method == "PUT":
        sent |= {name: graph_fields()[name] for name in ("room_mailbox_email_address", "scheduled_alias_prefix")}
    answer = await api.call(method, CONNECTORS + "1/", sent)
    assert answer.status == 202
    assert (answer.body["description"], answer.body["ivr_theme"]) == ("", None)
    assert (answer.body["meeting_buffer_before"], answer.body["meeting_buffer_after"]) == (5, 7)
    assert await api.get(CONNECTORS + "1/") == answer.body


async def test_nullable_fields_and_references_missing_from_a_put_become_null() -> None:
    api = Api()
    own = {"graph_tenant_id": GUID, "graph_client_id": GUID, "conference_platform": "policy"}
    theirs = {"ivr_theme": "Blue", "addin_application_id": GUID, "password": "secret"}
    shown = await created(api, meeting_buffer_before=5, **own, **theirs)
    kept = {name: shown[name] for name in ("room_mailbox_email_address", "scheduled_alias_prefix")}
    answer = await api.call("PUT", CONNECTORS + "1/", kept)
    assert answer.status == 202, answer.body
    gone: dict[str, Any] = {
        "ivr_theme": None,
        "addin_application_id": None,
        "personal_vmr_oauth_client_id": None,
        "domains": [],
    }
    assert answer.body == shown | gone | {"manifest_revision": answer.body["manifest_revision"]}
    assert await api.integrations.secret(shown["uuid"], "password") is not None


async def test_a_put_without_required_fields_is_refused_and_changes_nothing() -> None:
    api = Api()
    shown = await created(api, ivr_theme="Blue")
    answer = await api.call("PUT", CONNECTORS + "1/", {"description": "x"})
    faults = answer.body["ms_exchange_connector"]
    assert (answer.status, set(faults)) == (400, {"room_mailbox_email_address", "scheduled_alias_prefix"})
    assert await api.get(CONNECTORS + "1/") == shown


async def test_numbers_strings_and_booleans_are_accepted_in_place_of_one_another() -> None:
    api = Api()
    sent = {"meeting_buffer_before": "5", "allow_new_users": "False", "enable_personal_vmrs": 0, "description": 5}
    shown = await created(api, **sent)
    assert {name: shown[name] for name in sent} == {
        "meeting_buffer_before": 5, "allow_new_users": False, "enable_personal_vmrs": False, "description": "5",
    }  # fmt: skip
    checked = await api.call("POST", CONNECTORS + "1/check/", {"meeting_buffer_before": "7"})
    assert checked.body == {"changes": ["meeting_buffer_before"]}
    wrong = {"meeting_buffer_before": "soon", "allow_new_users": "perhaps", "name": ["x"]}
    refused = await api.call("PATCH", CONNECTORS + "1/", wrong)
    assert set(refused.body["ms_exchange_connector"]) == set(wrong)


async def test_every_fault_is_reported_by_field_and_nothing_changes() -> None:
    api = Api()
    before = await created(api)
    wrong = {"name": ["x"], "meeting_buffer_before": 181, "conference_name_template": "{{ x }}", "colour": "red"}
    answer = await api.call("PATCH", CONNECTORS + "1/", wrong)
    assert answer.status == 400
    assert set(answer.body["ms_exchange_connector"]) == set(wrong)
    assert answer.body["ms_exchange_connector"]["colour"] == ["There is no such setting."]
    assert await api.get(CONNECTORS + "1/") == before


async def test_a_refused_creation_stores_nothing() -> None:
    api = Api()
    answer = await api.call("POST", CONNECTORS, full_fields(scheduled_alias_prefix="far too long"))
    assert answer.status == 400
    assert await api.ids(CONNECTORS) == []
    assert api.secrets.kept == {}


async def test_secrets_can_be_written_but_never_read() -> None:
    api = Api()
    planted = "correct-horse-battery-staple"
    answers = [await api.call("POST", CONNECTORS, full_fields(password=planted, oauth_client_secret=planted))]
    answers.append(await api.call("PATCH", CONNECTORS + "1/", {"personal_vmr_oauth_client_secret": planted}))
    for path in (CONNECTORS, CONNECTORS + "1/"):
        answers.append(await api.call("GET", path))
    assert [answer.status for answer in answers] == [201, 202, 200, 200]
    shown = await api.get(CONNECTORS + "1/")
    assert planted not in str(answers)
    assert not {"password", "oauth_client_secret", "oauth_refresh_token", "private_key"} & shown.keys()
    secret = await api.integrations.secret(shown["uuid"], "password")
    assert secret is not None
    assert secret.get_secret_value() == planted


async def test_a_secret_is_kept_if_it_is_not_sent_and_cleared_if_it_is_empty() -> None:
    api = Api()
    uuid = (await created(api, oauth_client_secret="s"))["uuid"]
    await api.call("PATCH", CONNECTORS + "1/", {"description": "x"})
    assert await api.integrations.secret(uuid, "oauth_client_secret") is not None
    await api.call("PATCH", CONNECTORS + "1/", {"oauth_client_secret": ""})
    assert await api.integrations.secret(uuid, "oauth_client_secret") is None


async def test_when_two_admins_save_concurrently_the_second_is_told_what_has_changed() -> None:
    api = Api()
    await created(api)
    read = (await api.call("GET", CONNECTORS + "1/")).headers["ETag"]
    first = await api.call("PATCH", CONNECTORS + "1/", {"description": "first"}, {"if-match": read})
    second = await api.call("PATCH", CONNECTORS + "1/", {"description": "second"}, {"if-match": read})
    assert (first.status, second.status) == (202, 412)
    assert second.body["changed"] == ["description"]
    assert (await api.get(CONNECTORS + "1/"))["description"] == "first"
    third = await api.call("PATCH", CONNECTORS + "1/", {"description": "third"}, {"if-match": first.headers["ETag"]})
    assert third.status == 202


@pytest.mark.parametrize(("if_match", "status"), [("*", 202), ('"99"', 412), ("1", 412), ('W/"1"', 412), ("", 412)])
async def test_if_match_is_accepted_in_other_forms(if_match: str, status: int) -> None:
    api = Api()
    await created(api)
    answer = await api.call("PATCH", CONNECTORS + "1/", {"description": "x"}, {"if-match": if_match})
    assert answer.status == status


async def test_ids_are_never_reused() -> None:
    api = Api()
    await created(api)
    assert (await api.call("DELETE", CONNECTORS + "1/")).status == 204
    assert (await created(api))["id"] == 2
    with pytest.raises(NotFound):
        await api.call("GET", CONNECTORS + "1/")


async def test_deleting_an_integration_with_future_meetings_requires_force() -> None:
    api = Api()
    shown = await created(api)
    await schedule(api, shown["uuid"], timedelta(days=1))
    with pytest.raises(Conflict, match="Example Corp has 1 upcoming meeting"):
        await api.call("DELETE", CONNECTORS + "1/")
    assert await api.ids(CONNECTORS) == [1]
    assert (await api.call("DELETE", CONNECTORS + "1/?force=true")).status == 204
    assert await api.ids(CONNECTORS) == []


async def test_deleting_an_integration_with_personal_vmrs_requires_force() -> None:
    api = Api()
    await created(api)
    for name, connector in (("Own", "/api/admin/configuration/v1/ms_exchange_connector/1/"), ("All", None)):
        room = {"name": name, "exchange_connector": connector}
        assert (await api.call("POST", "configuration/v1/conference/", room)).status == 201
    with pytest.raises(Conflict, match="Example Corp has 1 personal VMR of its own"):
        await api.call("DELETE", CONNECTORS + "1/")
    assert (await api.call("DELETE", CONNECTORS + "1/?force=true")).status == 204


@pytest.mark.parametrize(("if_match", "status"), [('"1"', 412), ('"2"', 204), ("*", 204), ("1", 412)])
async def test_an_integration_that_has_changed_since_is_not_deleted(if_match: str, status: int) -> None:
    api = Api()
    await created(api)
    await api.call("PATCH", CONNECTORS + "1/", {"description": "another admin has changed it"})
    answer = await api.call("DELETE", CONNECTORS + "1/", headers={"if-match": if_match})
    assert answer.status == status
    assert await api.ids(CONNECTORS) == ([1] if status == 412 else [])
    assert ("deleted" in dict(api.lifecycle.told)) is (status == 204)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_if_match_always_fails_for_an_object_without_an_etag(method: str) -> None:
    api = Api()
    await api.call("POST", "configuration/v1/conference/", {"name": "Room"})
    path, changed = "configuration/v1/conference/1/", {"name": "Other"}
    assert (await api.call(method, path, changed, {"if-match": '"1"'})).status == 412
    assert (await api.get(path))["name"] == "Room"
    assert (await api.call(method, path, changed, {"if-match": "*"})).status in (202, 204)


async def test_an_integration_with_only_past_meetings_is_deleted_without_force() -> None:
    api = Api()
    shown = await created(api)
    await schedule(api, shown["uuid"], timedelta(days=-1))
    assert (await api.call("DELETE", CONNECTORS + "1/")).status == 204


async def test_only_the_current_manifest_revision_can_be_acknowledged() -> None:
    api = Api()
    assert (await created(api))["manifest_reinstall_needed"] is True
    await api.call("PATCH", CONNECTORS + "1/", {"addin_button_label": "Meet"})
    with pytest.raises(Conflict, match="revision 2"):
        await api.call("POST", CONNECTORS + "1/manifest_installed/", {"manifest_revision": 1})
    answer = await api.call("POST", CONNECTORS + "1/manifest_installed/", {"manifest_revision": 2})
    assert answer.status == 202
    assert answer.body["manifest_reinstall_needed"] is False
    wrong = await api.call("POST", CONNECTORS + "1/manifest_installed/", {"manifest_revision": "2"})
    assert wrong.body == {"ms_exchange_connector": {"manifest_revision": ["Must be a whole number."]}}


async def test_the_icon_is_stored_as_uploaded() -> None:
    api = Api()
    uuid = (await created(api))["uuid"]
    answer = await api.raw("PUT", CONNECTORS + "1/icon/", png(80, 80), {"content-type": "image/png"})
    assert answer.status == 202
    assert answer.body["manifest_revision"] == 2
    assert await api.integrations.icon(uuid) == png(80, 80)
    wrong = await api.raw("PUT", CONNECTORS + "1/icon/", b"no png", {"content-type": "image/png"})
    assert wrong.body == {"ms_exchange_connector": {"icon": ["The file is not a PNG image."]}}


async def test_a_saved_template_is_previewed_with_given_values() -> None:
    api = Api()
    await created(api, conference_name_template="{{ subject }} by {{ organizer_name }}")
    body = {"template": "conference_name_template", "values": {"subject": "Mine"}}
    answer = await api.call("POST", CONNECTORS + "1/preview/", body)
    assert answer.status == 200
    assert (answer.body["line"], answer.body["faults"]) == ("Mine by Alice Jones", [])


async def test_unsaved_text_is_previewed() -> None:
    api = Api()
    before = await created(api)
    body = {"template": "accept_new_single_meeting_template", "text": "<p>{{ alias }}</p>", "values": {"alias": "<x>"}}
    answer = await api.call("POST", CONNECTORS + "1/preview/", body)
    assert (answer.body["html"], answer.body["text"]) == ("<p>&lt;x&gt;</p>", "<x>")
    assert await api.get(CONNECTORS + "1/") == before


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"template"}),
        ({"template": "name"}, {"template"}),
        ({"template": ["x"]}, {"template"}),
        ({"template": "conference_name_template", "text": 5}, {"text"}),
        ({"template": "conference_name_template", "values": [1]}, {"values"}),
    ],
)
async def test_invalid_preview_requests_are_refused(body: dict[str, Any], faults: set[str]) -> None:
    api = Api()
    await created(api)
    answer = await api.call("POST", CONNECTORS + "1/preview/", body)
    assert answer.status == 400
    assert set(answer.body["ms_exchange_connector"]) == faults


async def test_previewing_a_faulty_template_or_value_shows_its_faults() -> None:
    api = Api()
    await created(api)
    body = {"template": "conference_name_template", "text": "{{ x }}"}
    assert "unknown variable 'x'" in (await api.call("POST", CONNECTORS + "1/preview/", body)).body["faults"][0]
    body = {"template": "conference_name_template", "values": {"subject": {"a": 1}}}  # type: ignore[dict-item]
    assert "must be a string" in (await api.call("POST", CONNECTORS + "1/preview/", body)).body["faults"][0]


async def test_a_check_reports_the_changes_without_saving_them() -> None:
    api = Api()
    before = await created(api)
    answer = await api.call("POST", CONNECTORS + "1/check/", {"description": "new", "name": "Example Corp"})
    assert (answer.status, answer.body) == (200, {"changes": ["description"]})
    wrong = await api.call("POST", CONNECTORS + "1/check/", {"meeting_buffer_before": 999})
    assert set(wrong.body["ms_exchange_connector"]) == {"meeting_buffer_before"}
    assert await api.get(CONNECTORS + "1/") == before


async def test_lists_can_be_filtered_by_their_fields() -> None:
    api = Api()
    await created(api)
    await created(
        api, name="Other", room_mailbox_email_address="o@example.com", graph_tenant_id=GUID, graph_client_id=GUID
    )
    assert await api.ids(CONNECTORS + "?name__icontains=corp") == [1]
    assert await api.ids(CONNECTORS + "?enable_personal_vmrs=true") == []
    assert await api.ids(CONNECTORS + f"?graph_tenant_id={GUID}&order_by=-id") == [2]
    assert (await api.call("GET", CONNECTORS + "?password__startswith=a")).status == 400


async def test_the_doctors_findings_are_returned() -> None:
    api = Api()
    integration = await created(api)
    path = f"{CONNECTORS}{integration['id']}/doctor/"
    sound = Finding(Check.LAG, ok=True, details="Fast.")
    api.doctor.findings = [sound]
    assert (await api.get(path))["healthy"] is True
    api.doctor.findings = [sound, Finding(Check.SEND_MAIL, ok=False, details="The role is missing.", remedy="New-X")]
    assert await api.get(path) == {
        "integration": integration["uuid"],
        "healthy": False,
        "findings": [
            {"check": "lag", "ok": True, "details": "Fast.", "remedy": "", "warning": False},
            {"check": "send_mail", "ok": False, "details": "The role is missing.", "remedy": "New-X", "warning": False},
        ],
        "checks": ["lag", "send_mail"],
    }
    alone = await api.get(f"{path}?check=send_mail")
    assert ([each["check"] for each in alone["findings"]], alone["healthy"]) == (["send_mail"], False)
    assert alone["checks"] == ["lag", "send_mail"]
    assert api.doctor.examined == [integration["uuid"]] * 3
    assert (await api.call("POST", path, {})).status == 405
    with pytest.raises(NotFound):
        await api.get(f"{CONNECTORS}999/doctor/")


async def test_the_sign_in_action_returns_a_link_for_the_service_account() -> None:
    api = Api()
    integration = await created(api)
    path = f"{CONNECTORS}{integration['id']}/sign_in/"
    assert (await api.call("POST", path, {})).body == {
        "sign_in_link": f"https://login.example.com/?state={integration['uuid']}",
        "expires": "2026-11-23T10:00:00",
        "redirect_uri": "https://vmr.example.com/service-account/oauth_redirect",
    }
    assert (await api.call("GET", path)).status == 405
    with pytest.raises(NotFound):
        await api.call("POST", f"{CONNECTORS}999/sign_in/", {})


THEME = "/api/admin/configuration/v1/ivr_theme/3/"
ON_NODE = {
    "conference_platform": "management_api", "bridge_url": "https://manager.example.com", "bridge_username": "vmr",
    "bridge_password": "secret",
}  # fmt: skip


async def test_a_themes_uri_is_accepted_with_a_management_node_and_returned_as_sent() -> None:
    api = Api()
    integration = await created(api, **ON_NODE, ivr_theme=THEME)
    assert integration["ivr_theme"] == THEME
    stored = await api.integrations.get(integration["uuid"])
    assert name_in(stored, "ivr_theme") == "Blue"
    assert "ivr_theme_name" not in integration


async def test_a_themes_uri_is_refused_without_a_management_node() -> None:
    api = Api()
    integration = await created(api)
    answer = await api.call("PATCH", f"{CONNECTORS}{integration['id']}/", {"ivr_theme": THEME})
    assert answer.status == 400
    assert "Write the theme's name" in answer.body["ms_exchange_connector"]["ivr_theme"][0]
    answer = await api.call("PATCH", f"{CONNECTORS}{integration['id']}/", {**ON_NODE, "ivr_theme": f"{THEME[:-2]}9/"})
    assert list(answer.body["ms_exchange_connector"]) == ["ivr_theme"]


async def test_a_preview_uses_the_integrations_own_settings() -> None:
    api = Api()
    await created(
        api, scheduled_alias_prefix="Corp", scheduled_alias_suffix_length=8, scheduled_alias_domain="corp.example"
    )
    body = {"template": "accept_new_single_meeting_template", "text": "{{ alias }} {{ numeric_alias }}"}
    answer = await api.call("POST", CONNECTORS + "1/preview/", body)
    assert answer.body["text"].strip() == "corp12345678@corp.example corp12345678"
    given = await api.call("POST", CONNECTORS + "1/preview/", {**body, "values": {"numeric_alias": "9"}})
    assert given.body["text"].strip() == "corp12345678@corp.example 9"


async def test_responses_show_which_secrets_are_set_but_never_their_values() -> None:
    api = Api()
    await created(api, oauth_client_secret="s3cret", graph_tenant_id=GUID, graph_client_id=GUID)
    told = await api.get(f"{CONNECTORS}1/secrets/")
    assert told["oauth_client_secret"] is True
    assert told["password"] is False
    assert "s3cret" not in str(told)


async def test_the_usage_shows_what_a_deletion_would_remove() -> None:
    api = Api()
    uuid = (await created(api))["uuid"]
    assert await api.get(f"{CONNECTORS}1/usage/") == {"meetings_to_come": 0, "personal_vmrs": 0, "details": ""}
    await schedule(api, uuid, timedelta(days=1))
    told = await api.get(f"{CONNECTORS}1/usage/")
    assert (told["meetings_to_come"], told["personal_vmrs"]) == (1, 0)
    assert "1 upcoming meeting" in told["details"]


async def test_integrations_are_found_by_name_description_or_mailbox() -> None:
    api = Api()
    await created(api, name="Sales", description="Berlin")
    await created(api, name="Development", room_mailbox_email_address="dev@example.com")
    assert await api.ids(f"{CONNECTORS}?text=BERLIN") == [1]
    assert await api.ids(f"{CONNECTORS}?text=dev%40") == [2]
    assert await api.ids(f"{CONNECTORS}?text=e&order_by=-name") == [1, 2]
    assert await api.ids(f"{CONNECTORS}?text=nobody") == []


async def test_a_preview_lists_the_values_users_can_change() -> None:
    api = Api()
    await created(api)
    name = "accept_new_single_meeting_template"
    told = (await api.call("POST", f"{CONNECTORS}1/preview/", {"template": name})).body["values"]
    assert set(told) == {"start_time", "end_time", "alias", "numeric_alias"}
    again = await api.call("POST", f"{CONNECTORS}1/preview/", {"template": name, "values": told})
    assert again.body["faults"] == []
