"""The web console in Chromium, against the whole local stack: what an admin does there, and what can go wrong."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Route, expect

from dev.environment import MANAGEMENT, Addresses
from tests.browser.console import CONNECTORS, HOSTILE, LOOKS, VIEWS, Admin, book
from tests.browser.looks import violations


async def test_a_wrong_password_is_reported_and_shows_no_data(admin: Admin) -> None:
    await admin.page.goto(f"{admin.url}/console")
    await admin.page.get_by_label("User name").fill("admin")
    await admin.page.get_by_label("Password").fill("guessed")
    await admin.page.get_by_role("button", name="Sign in").click()
    await expect(admin.page.get_by_role("alert")).to_contain_text("wrong")
    assert await admin.page.evaluate("sessionStorage.length") == 0
    assert await admin.context.cookies() == []


async def test_a_reload_keeps_the_session_and_signing_out_ends_it(admin: Admin) -> None:
    await admin.sign_in()
    await admin.page.reload()
    await admin.settled()
    await admin.page.get_by_role("button", name="Sign out").click()
    await expect(admin.page.get_by_label("User name")).to_be_visible()
    await admin.page.reload()
    await expect(admin.page.get_by_label("User name")).to_be_visible()


@pytest.mark.parametrize("admin", LOOKS.values(), ids=LOOKS, indirect=True)
async def test_every_view_is_accessible_and_fits_the_window(admin: Admin, request: pytest.FixtureRequest) -> None:
    await admin.sign_in()
    for view in VIEWS:
        await admin.show(view)
        assert await violations(admin.page) == [], view
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await admin.page.evaluate(wide) <= 0, view
        if folder := os.environ.get("CONSOLE_SHOTS"):
            look = request.node.callspec.id.replace(" ", "-")
            await admin.page.screenshot(
                path=Path(folder) / f"{view.replace('/', '-') or 'overview'}-{look}.png", full_page=True
            )


async def test_a_setting_is_changed_and_read_back(admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]) -> None:
    await admin.sign_in("integrations")
    await admin.page.get_by_label("Name, description, mailbox").fill("console")
    await admin.page.get_by_role("link", name="Console Corp").click()
    await admin.settled()
    await admin.page.locator("#description").fill(HOSTILE)
    await admin.page.get_by_role("button", name="Save").click()
    await expect(admin.page.get_by_text("Saved.")).to_be_visible()
    saved = (await api.get(f"{CONNECTORS}{corp['id']}/")).json()
    assert saved["description"] == HOSTILE


async def test_every_fault_is_shown_at_its_field_and_nothing_typed_is_lost(admin: Admin, corp: dict[str, Any]) -> None:
    await admin.sign_in(f"integrations/{corp['id']}")
    await admin.page.locator("#meeting_buffer_after").fill("999")
    await admin.page.locator("#addin_server_domain").fill("no host")
    await admin.page.get_by_role("button", name="Save").click()
    await expect(admin.page.locator("#meeting_buffer_after-faults")).to_contain_text("180")
    await expect(admin.page.locator(".faults a")).to_have_count(2)
    await admin.page.locator(".faults a").first.click()
    assert await admin.page.evaluate("document.activeElement.id") in ("meeting_buffer_after", "addin_server_domain")
    await expect(admin.page.locator("#addin_server_domain")).to_have_value("no host")
    assert await violations(admin.page) == []


async def test_another_admins_changes_are_not_overwritten(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    await admin.sign_in(f"integrations/{corp['id']}")
    await api.patch(f"{CONNECTORS}{corp['id']}/", json={"description": "theirs"})
    await admin.page.locator("#description").fill("mine")
    await admin.page.get_by_role("button", name="Save").click()
    await expect(admin.page.get_by_role("alert")).to_contain_text("Somebody else has changed")
    assert (await api.get(f"{CONNECTORS}{corp['id']}/")).json()["description"] == "theirs"
    await expect(admin.page.locator("#description")).to_have_value("mine")


async def test_an_expired_session_keeps_what_was_typed(admin: Admin, corp: dict[str, Any]) -> None:
    await admin.sign_in(f"integrations/{corp['id']}")
    await admin.page.locator("#description").fill("typed")

    async def refuse(route: Route) -> None:
        await route.fulfill(status=401, json={"error": "The user name or the password is wrong."})

    await admin.page.route("**/ms_exchange_connector/*/", refuse)
    await admin.page.get_by_role("button", name="Save").click()
    await expect(admin.page.get_by_text("Your session has ended")).to_be_visible()
    await admin.page.unroute("**/ms_exchange_connector/*/", refuse)
    user, password = MANAGEMENT
    await admin.page.get_by_label("User name").fill(user)
    await admin.page.locator("dialog").get_by_label("Password").fill(password)
    await admin.page.locator("dialog").get_by_role("button", name="Sign in").click()
    await expect(admin.page.locator("dialog")).to_have_count(0)
    await admin.page.get_by_role("button", name="Save").click()
    await expect(admin.page.get_by_text("Saved.")).to_be_visible()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_the_admin_can_retry_when_the_deployment_does_not_respond(admin: Admin, status: int) -> None:
    await admin.sign_in()

    async def fail(route: Route) -> None:
        await route.fulfill(status=status, json={})

    await admin.page.route("**/status/v1/meeting/**", fail)
    await admin.show("meetings")
    await expect(admin.page.get_by_role("alert")).to_be_visible()
    await admin.page.unroute("**/status/v1/meeting/**", fail)
    await admin.page.get_by_role("button", name="Try again").click()
    await expect(admin.page.get_by_role("alert")).to_have_count(0)


async def test_a_room_is_closed_and_reopened(admin: Admin, stack: Addresses, api: httpx.AsyncClient) -> None:
    await book(stack, api, "Closed manually")
    await admin.sign_in("meetings")
    admin.page.on("dialog", lambda dialog: dialog.accept())
    await admin.page.get_by_role("link", name="Closed manually").click()
    await admin.settled()
    await admin.page.get_by_role("button", name="Close the room").click()
    await expect(admin.page.locator(".facts")).to_contain_text("closed by an admin")
    await admin.page.get_by_role("button", name="Reopen the room").click()
    await expect(admin.page.get_by_role("button", name="Close the room")).to_be_visible()


async def test_a_link_to_a_deleted_object_says_that_it_is_gone(admin: Admin) -> None:
    await admin.sign_in()
    await admin.page.evaluate("location.hash = '#/meetings/2147483647'")
    await expect(admin.page.get_by_role("alert")).to_contain_text("no meeting")


async def test_the_page_runs_no_third_party_scripts_and_cannot_be_framed(stack: Addresses) -> None:
    async with httpx.AsyncClient(base_url=stack.functions, trust_env=False, timeout=60) as client:
        page = await client.get("/console")
        policy = page.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "set-cookie" not in page.headers
        asset = page.text.partition('href="')[2].partition('"')[0]
        assert "immutable" in (await client.get(asset)).headers["Cache-Control"]
        assert (await client.get("/console/assets/nothing.js")).status_code == 404
        assert (await client.get("/console/config")).json()["sign_in"] == "password"
