"""The console's integrations and templates in Chromium, against the local stack: lists, forms, secrets, previews."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Locator, Route, expect

from tests.browser.console import CONNECTORS, LOOKS, Admin
from tests.browser.looks import violations
from tests.support.icons import png

MANY = 1000
TEMPLATE = "accept_new_single_meeting_template"


@pytest.fixture
async def template(admin: Admin, corp: dict[str, Any]) -> Locator:
    """A template of an integration that only this test uses, with its preview open."""
    await admin.sign_in(f"integrations/{corp['id']}")
    preview = admin.page.locator(f".setting:has(#{TEMPLATE}) + details")
    await preview.locator("summary").first.click()
    return preview


async def save(admin: Admin, name: str = "Save") -> None:
    await admin.page.get_by_role("button", name=name, exact=True).click()
    await expect(admin.page.get_by_text("Saved.", exact=True)).to_be_visible()


async def test_integrations_are_found_by_their_mailbox_and_show_their_state(admin: Admin, corp: dict[str, Any]) -> None:
    await admin.sign_in("integrations")
    await admin.page.get_by_label("Name, description, mailbox or UUID").fill(corp["room_mailbox_email_address"].upper())
    await expect(admin.page.locator("tbody tr")).to_have_count(1)
    row = admin.page.locator("tbody tr")
    await expect(row.get_by_role("link", name=corp["name"])).to_be_visible()
    await expect(row.locator(".health")).to_contain_text("manifest to install")
    await admin.page.get_by_label("Name, description, mailbox or UUID").fill("nobody has this")
    await expect(admin.page.locator(".empty")).to_contain_text("nobody has this")


async def test_a_page_of_a_thousand_integrations_costs_as_much_as_a_page_of_ten(admin: Admin) -> None:
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.url)
        query = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        await route.fulfill(body=json.dumps(a_page(query)), content_type="application/json")

    await admin.sign_in()
    await admin.page.route("**/ms_exchange_connector/?*", answer)
    await admin.page.route("**/connector_health/?*", answer)
    await admin.show("integrations")
    await expect(admin.page.locator("tbody tr")).to_have_count(20)
    await expect(admin.page.get_by_text(f"1 to 20 of {MANY}")).to_be_visible()
    await expect(admin.page.get_by_text("3 waiting")).to_have_count(20)
    asked.clear()
    await admin.page.get_by_role("button", name="Next").click()
    await expect(admin.page.get_by_role("link", name="Customer 21", exact=True)).to_be_visible()
    await expect(admin.page.get_by_text("3 waiting")).to_have_count(20)
    assert [parse_qs(urlsplit(url).query)["limit"] for url in asked] == [["20"], ["20"]]
    assert await violations(admin.page) == []


def a_page(query: dict[str, str]) -> dict[str, Any]:
    """A page of a thousand integrations, or of their states."""
    first = int(query.get("offset", 0))
    ids = [int(id_) for id_ in query["id__in"].split(",")] if "id__in" in query else range(first + 1, first + 21)
    objects = [
        {"id": id_, "name": f"Customer {id_}", "room_mailbox_email_address": f"vmr@{id_}.example.com",
         "authentication_method": "GRAPH", "alarms": 0, "waiting": 3, "subscription_expires": None}
        for id_ in ids
    ]  # fmt: skip
    return {"meta": {"total_count": MANY}, "objects": objects}


async def test_a_switch_shows_its_group_and_a_choice_shows_its_settings(admin: Admin, corp: dict[str, Any]) -> None:
    await admin.sign_in(f"integrations/{corp['id']}")
    await expect(admin.page.locator("#section-Personal .unused, #section-Personal.unused")).to_have_count(1)
    await expect(admin.page.locator("#personal_vmr_oauth_client_id")).not_to_be_visible()
    await admin.page.get_by_label("Enable personal VMRs").check()
    await expect(admin.page.locator("#personal_vmr_oauth_client_id")).to_be_visible()
    await expect(admin.page.locator("#username")).not_to_be_visible()
    await admin.page.get_by_label("Authentication method").first.select_option(label="NTLM (Exchange on-premises)")
    await expect(admin.page.locator("#username")).to_be_visible()
    assert await violations(admin.page) == []


async def test_a_secret_is_set_replaced_and_cleared_and_never_shown(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    secrets = f"{CONNECTORS}{corp['id']}/secrets/"
    field = "oauth_client_secret"
    group = admin.page.locator(".setting", has=admin.page.locator(f"#{field}"))
    await admin.sign_in(f"integrations/{corp['id']}")
    await admin.page.locator("#section-Exchange summary").click()
    await admin.page.locator(f"#{field}").fill("first")
    await save(admin)
    assert (await api.get(secrets)).json()[field] is True
    await admin.page.locator("#section-Exchange summary").click()
    await expect(group.get_by_text("set", exact=True)).to_be_visible()
    await group.get_by_role("button", name="Replace").click()
    await admin.page.locator(f"#{field}").fill("second")
    await group.get_by_role("button", name="Keep as it is").click()
    await expect(admin.page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    await group.get_by_role("button", name="Clear").click()
    await expect(group.get_by_text("will be cleared")).to_be_visible()
    await save(admin)
    assert (await api.get(secrets)).json()[field] is False


async def test_after_saving_the_form_says_whether_exchange_responds(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    await admin.sign_in(f"integrations/{corp['id']}")
    await admin.page.locator("#description").fill("once more")
    await save(admin)
    raised = (await api.get("/api/admin/status/v1/alarm/", params={"exchange_connector": corp["resource_uri"]})).json()
    told = admin.page.locator(".saved")
    if raised["objects"]:
        await expect(told.locator(".card")).to_have_count(len(raised["objects"]))
    else:
        await expect(told).to_contain_text("Exchange was contacted and responded")
    alarm = {"name": "connection_failed", "details": "Nobody answers.", "remedy": "Call them."}

    async def raise_one(route: Route) -> None:
        await route.fulfill(json={"meta": {"total_count": 1}, "objects": [alarm]})

    await admin.page.route("**/status/v1/alarm/?*", raise_one)
    await admin.page.locator("#description").fill("and once more")
    await save(admin)
    await expect(told).to_contain_text("Nobody answers.")
    await expect(told.locator(".remedy")).to_have_text("Call them.")


async def test_a_copy_names_what_was_not_copied_and_becomes_a_new_integration(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    changed = {"oauth_client_secret": "s3cret", "graph_tenant_id": corp["uuid"], "graph_client_id": corp["uuid"]}
    assert (await api.patch(f"{CONNECTORS}{corp['id']}/", json=changed)).status_code == 202
    await admin.sign_in(f"integrations/{corp['id']}")
    await admin.page.get_by_role("link", name="Duplicate").click()
    await expect(admin.page.get_by_role("note")).to_contain_text("Mailbox email address, OAuth client secret, the icon")
    await expect(admin.page.locator("#name")).to_have_value(f"{corp['name']} (copy)")
    await expect(admin.page.locator("#scheduled_alias_prefix")).to_have_value(corp["scheduled_alias_prefix"])
    await expect(admin.page.locator("#domains")).to_have_value("mail.example.com")
    await admin.page.locator("#room_mailbox_name").fill("VMR 2")
    await admin.page.locator("#room_mailbox_email_address").fill("console-copy@example.com")
    await admin.page.locator("#scheduled_alias_prefix").fill("89")
    await admin.page.locator("#oauth_client_secret").fill("another")
    await admin.page.get_by_role("button", name="Create").click()
    await expect(admin.page.get_by_role("heading", level=1, name=f"{corp['name']} (copy)")).to_be_visible()
    made = int(admin.page.url.rpartition("/")[2])
    assert (await api.get(f"{CONNECTORS}{made}/")).json()["scheduled_alias_prefix"] == "89"
    await deleted(admin, f"{corp['name']} (copy)")
    assert (await api.get(f"{CONNECTORS}{made}/")).status_code == 404


async def deleted(admin: Admin, name: str) -> None:
    """Delete the current integration, as an admin does."""
    await admin.page.get_by_role("button", name="Delete …").click()
    dialog = admin.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("no upcoming meetings")
    button = dialog.get_by_role("button", name="Delete", exact=True)
    await dialog.get_by_label("Type its name").fill(name[:-1])
    await expect(button).to_be_disabled()
    assert await violations(admin.page) == []
    await dialog.get_by_label("Type its name").fill(name)
    await button.click()
    await expect(admin.page.get_by_role("heading", level=1, name="Integrations")).to_be_visible()


async def test_a_deletion_says_what_will_be_lost(admin: Admin, corp: dict[str, Any]) -> None:
    lost = {"meetings_to_come": 12, "personal_vmrs": 3, "details": "It has 12 upcoming meetings. Nobody can join."}
    await admin.page.route("**/usage/", lambda route: route.fulfill(json=lost))
    await admin.sign_in(f"integrations/{corp['id']}")
    await admin.page.get_by_role("button", name="Delete …").click()
    await expect(admin.page.get_by_role("dialog")).to_contain_text("12 upcoming meetings")
    await admin.page.keyboard.press("Escape")
    await expect(admin.page.get_by_role("dialog")).to_have_count(0)
    await expect(admin.page.locator("h1")).to_have_text(corp["name"])


async def test_an_icon_is_shown_rejected_if_unsuitable_and_replaced(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    await admin.sign_in(f"integrations/{corp['id']}")
    place, button = admin.page.get_by_label("New icon"), admin.page.get_by_role("button", name="Replace the icon")
    small = {"name": "small.png", "mimeType": "image/png", "buffer": png(40, 40)}
    await place.set_input_files(small)  # type: ignore[arg-type]
    await button.click()
    await expect(admin.page.locator(".icon .fault")).to_contain_text("this one is 40 x 40")
    right = {"name": "icon.png", "mimeType": "image/png", "buffer": png(80, 80)}
    await place.set_input_files(right)  # type: ignore[arg-type]
    await button.click()
    await expect(admin.page.locator(".icon .well")).to_contain_text("Replaced")
    served = await api.get(f"/addin/{corp['uuid']}/icon-80.png")
    assert served.content[:8] == b"\x89PNG\r\n\x1a\n"


async def test_a_template_is_previewed_while_it_is_edited_and_runs_nothing(admin: Admin, template: Locator) -> None:
    await admin.page.locator(f"#{TEMPLATE}").fill(
        "<p style='color: rgb(1, 2, 3)'>Dial {{numeric_alias}}<img src='https://example.com/x.png'></p>"
    )
    for name in ("light", "dark"):
        inside = template.frame_locator(f"iframe[title='As HTML, {name}']")
        await expect(inside.locator("p")).to_contain_text("Dial 88123456")
        assert await inside.locator("p").evaluate("e => getComputedStyle(e).color") == "rgb(1, 2, 3)"
    await expect(template.get_by_label("As plain text")).to_contain_text("Dial 88123456")
    for frame in await template.locator("iframe").all():
        assert await frame.get_attribute("sandbox") == "allow-same-origin"


async def test_a_template_is_previewed_with_other_values(admin: Admin, template: Locator) -> None:
    await admin.page.locator(f"#{TEMPLATE}").fill("<p>{{alias}} at {{start_time}}</p>")
    await template.get_by_text("Sample values").click()
    await template.get_by_label("alias", exact=True).fill("<b>board</b>@example.org")
    await expect(template.get_by_label("As plain text")).to_contain_text("<b>board</b>@example.org at 15:30")
    await template.get_by_label("start_time").fill("tomorrow")
    await expect(template.get_by_role("alert")).to_contain_text("must be a time with an offset")
    await template.get_by_label("start_time").fill("2027-02-03T09:00:00+01:00")
    await expect(template.get_by_label("As plain text")).to_contain_text("09:00 on 03/02/2027")


async def test_a_fault_links_to_its_line_and_a_variable_goes_to_the_cursor(admin: Admin, template: Locator) -> None:
    area = admin.page.locator(f"#{TEMPLATE}")
    await area.fill("<p>Hello</p>\n<p>{{ nothing }}</p>\n")
    await expect(template.get_by_role("alert")).to_contain_text("line 2: unknown variable 'nothing'")
    await template.get_by_role("button", name="Go to line 2").click()
    assert await area.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == "<p>{{ nothing }}</p>"
    await template.get_by_role("button", name="alias", exact=True).click()
    await expect(area).to_have_value("<p>Hello</p>\n{{alias}}\n")
    await expect(template.get_by_role("alert")).to_have_count(0)


async def test_the_difference_from_the_default_is_shown_and_can_be_undone(admin: Admin, template: Locator) -> None:
    area = admin.page.locator(f"#{TEMPLATE}")
    default = await area.input_value()
    await expect(template.get_by_text("Difference from the default")).to_have_count(0)
    lines = default.split("\n")
    await area.fill("\n".join([lines[0], "<p>Mine</p>", *lines[2:]]))
    await template.get_by_text("Difference from the default", exact=True).click()
    await expect(template.locator(".gone")).to_contain_text(lines[1])
    await expect(template.locator(".new")).to_contain_text("<p>Mine</p>")
    await template.get_by_role("button", name="Reset to the default").click()
    await expect(area).to_have_value(default)
    await expect(admin.page.get_by_role("button", name="Save", exact=True)).to_be_disabled()


async def test_a_preview_is_requested_once_after_the_last_keystroke(admin: Admin, template: Locator) -> None:
    await expect(template.locator("iframe").first).to_be_visible()
    asked: list[str] = []
    admin.page.on("request", lambda request: asked.append(request.url) if "/preview/" in request.url else None)
    await admin.page.clock.install(time=0)
    await admin.page.clock.pause_at(60_000)
    area = admin.page.locator(f"#{TEMPLATE}")
    for end in range(10):
        await area.fill(f"<p>{'x' * end}</p>")
        await admin.page.clock.run_for(50)
    assert asked == []
    async with admin.page.expect_request("**/preview/"):
        await admin.page.clock.run_for(300)
    await expect(template.get_by_label("As plain text")).to_have_text("xxxxxxxxx")
    assert len(asked) == 1


@pytest.mark.parametrize(
    "admin", [LOOKS["narrow dark"], LOOKS["forced colours"]], ids=["narrow", "forced"], indirect=True
)
async def test_an_open_preview_is_accessible_and_fits_the_window(admin: Admin, template: Locator) -> None:
    await admin.page.locator(f"#{TEMPLATE}").fill("<p>Dial {{numeric_alias}}</p>\n<p>{{alias}}</p>")
    for each in ("Sample values", "Difference from the default"):
        await template.get_by_text(each, exact=True).click()
    await expect(template.get_by_label("As plain text")).to_contain_text("Dial 88")
    assert await violations(admin.page) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await admin.page.evaluate(wide) <= 0
