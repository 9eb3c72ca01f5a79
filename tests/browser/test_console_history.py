"""The console's history, an admin's actions on a meeting, and two admins who save at the same time."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from dev.environment import Addresses
from tests.browser.console import CONNECTORS, HOSTILE, LOOKS, Admin, book
from tests.browser.looks import violations
from tests.browser.timeouts import hanging
from tests.support import eventually

CHANGES = "/api/admin/status/v1/change/"


async def newest(api: httpx.AsyncClient, corp: dict[str, Any]) -> dict[str, Any]:
    found = await api.get(CHANGES, params={"exchange_connector": corp["id"], "limit": 1})
    change: dict[str, Any] = found.json()["objects"][0]
    return change


async def meeting_of(api: httpx.AsyncClient, subject: str) -> dict[str, Any]:
    found = await api.get("/api/admin/status/v1/meeting/", params={"text": subject})
    meeting: dict[str, Any] = found.json()["objects"][0]
    return meeting


async def test_a_change_is_found_through_its_integration_and_reverted(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    await api.patch(f"{CONNECTORS}{corp['id']}/", json={"description": HOSTILE, "password": "not to be shown"})
    await admin.sign_in(f"integrations/{corp['id']}")
    await admin.page.get_by_role("link", name="History", exact=True).last.click()
    await admin.settled()
    await expect(admin.page.locator("tbody tr")).to_have_count(2)
    await admin.page.locator("tbody tr").first.get_by_role("link").click()
    await admin.settled()
    versions = admin.page.get_by_role("region", name="Description").locator(".value")
    await expect(versions.last).to_have_text(HOSTILE)
    await expect(admin.page.get_by_role("region", name="Password")).to_contain_text("not stored")
    admin.page.on("dialog", lambda dialog: dialog.accept())
    await admin.page.get_by_role("button", name="Revert this change").click()
    await expect(admin.page.get_by_text("Reverted by")).to_be_visible()
    await expect(admin.page.locator(".note")).to_contain_text("set them again")
    assert (await api.get(f"{CONNECTORS}{corp['id']}/")).json()["description"] == ""


async def test_long_values_in_a_row_do_not_break_the_short_ones(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    changed = {"name": f"Console {'long-name-' * 12}", "url": "https://exchange.example.com/", "username": "service"}
    await api.patch(f"{CONNECTORS}{corp['id']}/", json=changed)
    await admin.sign_in(f"changes/of/{corp['id']}")
    who = admin.page.locator("tbody tr").first.get_by_role("cell").first
    await expect(who).to_have_text("admin")
    lines = """cell => {
        const text = document.createRange();
        text.selectNodeContents(cell);
        return text.getClientRects().length;
    }"""
    assert await who.evaluate(lines) == 1


async def test_reverting_a_setting_that_was_changed_again_needs_a_confirmation(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    await api.patch(f"{CONNECTORS}{corp['id']}/", json={"description": "second"})
    change = await newest(api, corp)
    await api.patch(f"{CONNECTORS}{corp['id']}/", json={"description": "third"})
    await admin.sign_in(f"changes/{change['id']}")
    admin.page.on("dialog", lambda dialog: dialog.accept())
    await admin.page.get_by_role("button", name="Revert this change").click()
    await expect(admin.page.get_by_role("alert")).to_contain_text("has been changed again")
    await admin.page.get_by_role("button", name="Revert it anyway").click()
    await expect(admin.page.get_by_text("Reverted by")).to_be_visible()


async def test_changes_are_filtered_by_object_and_by_admin(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    await admin.sign_in("changes")
    await admin.page.get_by_label("What was changed").fill("console corp")
    await expect(admin.page.locator("tbody tr").first).to_contain_text("Console Corp")
    await admin.page.get_by_label("Admin or application").fill("nobody")
    await expect(admin.page.get_by_text("No matching changes")).to_be_visible()
    await admin.page.get_by_label("Admin or application").fill("")
    await expect(admin.page.locator("tbody tr").first).to_contain_text("Console Corp")


async def test_two_admins_who_save_at_the_same_time_both_keep_their_changes(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    path = f"{CONNECTORS}{corp['id']}/"
    await api.patch(path, json={"description": "before"})
    await admin.sign_in(f"integrations/{corp['id']}")
    theirs = {"description": "theirs", "meeting_buffer_before": 7, "meeting_buffer_after": 8}
    await api.patch(path, json=theirs)
    await admin.page.locator("#description").fill("mine")
    await admin.page.locator("#meeting_buffer_after").fill("9")
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    conflict = admin.page.locator(".conflict")
    described = conflict.get_by_role("group", name="Description")
    await expect(described.locator(".value")).to_have_text(["before", "theirs", "mine"])
    await expect(conflict).to_contain_text("1 setting that only they changed")
    save = conflict.get_by_role("button", name="Save with these choices")
    await expect(conflict.get_by_role("status")).to_have_text("2 still to choose")
    await described.get_by_label("Yours").check()
    await conflict.locator("fieldset").nth(1).get_by_label("Theirs").check()
    assert await violations(admin.page) == []
    if folder := os.environ.get("CONSOLE_SHOTS"):
        await admin.page.screenshot(path=Path(folder) / "conflict.png", full_page=True)
    await save.click()
    await expect(admin.page.get_by_text("Saved.")).to_be_visible()
    now = (await api.get(path)).json()
    assert {name: now[name] for name in theirs} == {**theirs, "description": "mine"}


async def test_two_admins_who_edit_the_same_template_see_each_others_text(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    path, template = f"{CONNECTORS}{corp['id']}/", "placeholder_instructions_template"
    await api.patch(path, json={template: "<p>Before</p>\r\n<p>Kept</p>"})
    await admin.sign_in(f"integrations/{corp['id']}")
    await api.patch(path, json={template: "<p>Theirs</p>\r\n<p>Kept</p>"})
    await admin.page.locator(f"#{template}").fill("<p>Mine</p>\n<p>Kept</p>")
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    contested = admin.page.locator(".conflict fieldset")
    await expect(contested.locator(".own")).to_have_text(["differs: <p>Theirs</p>\n", "differs: <p>Mine</p>\n"])
    await expect(admin.page.locator(f"#{template}")).to_have_value("<p>Mine</p>\n<p>Kept</p>")
    assert (await api.get(path)).json()[template] == "<p>Theirs</p>\r\n<p>Kept</p>"
    await contested.get_by_label("Theirs").check()
    await admin.page.get_by_role("button", name="Use theirs", exact=True).click()
    await expect(admin.page.locator(f"#{template}")).to_have_value("<p>Theirs</p>\n<p>Kept</p>")


async def test_instructions_are_sent_again_and_a_meeting_gets_another_owner(
    admin: Admin, stack: Addresses, api: httpx.AsyncClient
) -> None:
    await book(stack, api, "Given away")
    meeting = await meeting_of(api, "Given away")
    await admin.sign_in(f"meetings/{meeting['id']}")
    admin.page.on("dialog", lambda dialog: dialog.accept())
    await expect(admin.page.locator(".timeline li")).to_have_count(1)
    await admin.page.get_by_text("Change the owner").click()
    await admin.page.get_by_label("The new owner’s address").fill("bob@example.com")
    await admin.page.get_by_role("button", name="Change owner").click()
    await expect(admin.page.locator(".facts")).to_contain_text("bob@example.com, set by an admin")
    await admin.page.get_by_role("button", name="Send the instructions again").click()
    await expect(admin.page.get_by_text("The e-mail is on its way.")).to_be_visible()
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:

        async def has_instructions() -> bool:
            found = (await client.get(f"{stack.exchange}/dev/mailboxes/bob@example.com/messages")).json()["messages"]
            return any(meeting["tag"] in each["body_html"] for each in found)

        await eventually(has_instructions, "Bob gets the instructions", hanging() / 1000)
    await admin.page.get_by_role("link", name="History", exact=True).last.click()
    await admin.settled()
    await expect(admin.page.locator("tbody tr")).to_have_count(2)
    await expect(admin.page.locator("tbody tr").first).to_contain_text("resent the instructions for Given away")


@pytest.mark.parametrize("admin", [LOOKS[name] for name in ("narrow dark", "wide", "forced colours")], indirect=True)
async def test_the_history_is_accessible_and_fits_the_window(
    admin: Admin, stack: Addresses, api: httpx.AsyncClient, corp: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    long = "<p>{{start_time}}</p>\n" * 30 + "x" * 300
    await api.patch(
        f"{CONNECTORS}{corp['id']}/", json={"description": HOSTILE, "accept_new_single_meeting_template": long}
    )
    if not (await api.get("/api/admin/status/v1/meeting/", params={"text": "Seen"})).json()["objects"]:
        await book(stack, api, "Seen")
    meeting = await meeting_of(api, "Seen")
    await admin.sign_in()
    views = [
        "changes",
        f"changes/of/{corp['id']}",
        f"changes/{(await newest(api, corp))['id']}",
        f"meetings/{meeting['id']}",
    ]
    for number, view in enumerate(views):
        await admin.show(view)
        assert await violations(admin.page) == [], view
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await admin.page.evaluate(wide) <= 0, view
        if folder := os.environ.get("CONSOLE_SHOTS"):
            name = f"history-{number}-{request.node.callspec.id}.png"
            await admin.page.screenshot(path=Path(folder) / name, full_page=True)
