"""W5, W6: charts, alarms and the doctor in the console; an integration's add-in, and the pane without Outlook."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Request, Route, expect

from dev.environment import INTEGRATION, Addresses
from dev.provider.registry import SERVICE_APP, TENANT
from tests.browser.console import CONNECTORS, LOOKS, Admin, book
from tests.browser.looks import violations
from tests.browser.overview_samples import overview
from tests.browser.timeouts import hanging
from tests.support import ROOT, eventually

VIEWS = {
    "overview": "",
    "people": "people",
    "users": "people/users",
    "new-vmr": "people/vmrs/new",
    "integration-overview": "integrations/1/overview",
    "addin": "integrations/1/addin",
    "sign-in": "integrations/1/sign-in",
}
PICTURED = {"overview", "people", "addin"}
LOOKED_AT = {name: LOOKS[name] for name in ("narrow", "wide", "wide dark")}
PREVIEW = f"/addin/{INTEGRATION}/preview"


async def busy(route: Route) -> None:
    """The overview of a busy deployment."""
    await route.fulfill(json=overview())


@pytest.mark.parametrize("admin", LOOKED_AT.values(), ids=LOOKED_AT, indirect=True)
async def test_every_view_is_accessible_and_fits_the_window(
    admin: Admin, images: Path, request: pytest.FixtureRequest
) -> None:
    await admin.page.route("**/overview/*/", busy)
    await admin.sign_in()
    look = request.node.callspec.id
    for name, view in VIEWS.items():
        await admin.show(view)
        if os.environ.get("PICTURES") and name in PICTURED and look in ("wide", "wide dark"):
            scheme = "dark" if "dark" in look else "light"
            await admin.page.screenshot(
                path=images / f"console-{name}-{scheme}.png", full_page=True, animations="disabled"
            )
        await admin.page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
        await admin.settled()
        assert await violations(admin.page) == [], name
        begins = "document.querySelector('main').innerText.startsWith(document.querySelector('main h1').innerText)"
        assert await admin.page.evaluate(begins), f"{name}: the heading does not come first"
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await admin.page.evaluate(wide) <= 0, name


async def own(api: httpx.AsyncClient) -> dict[str, Any]:
    """The overview of the seeded integration."""
    found: dict[str, Any] = (await api.get("/api/admin/status/v1/overview/1/")).json()
    return found


async def test_a_booked_meeting_is_counted_and_its_room_is_in_the_hourly_chart(
    admin: Admin, stack: Addresses, api: httpx.AsyncClient
) -> None:
    before = (await own(api))["days"][-1]["meetings"]
    await book(stack, api, "Counted")

    async def is_counted() -> bool:
        return bool((await own(api))["days"][-1]["meetings"] > before)

    async def is_in_the_chart() -> bool:
        return any((await own(api))["rooms_by_hour"])

    await eventually(is_counted, "the meeting is counted, which follows its answer", hanging() / 1000)
    (await api.post("/dev/run/agenda")).raise_for_status()
    await eventually(is_in_the_chart, "the agenda's messages have been processed", hanging() / 1000)
    await admin.sign_in("integrations/1/overview")
    await expect(admin.page.get_by_text(re.compile(r"^At most \d+, on "))).to_be_visible()
    meetings = admin.page.locator("figure").filter(has_text="Meetings that got a room")
    await meetings.locator("summary").click()
    count = int(await meetings.locator("tbody tr").last.locator("td").inner_text())
    assert count > before
    assert await meetings.locator("tbody tr").count() == 30


async def test_an_alarm_is_acknowledged_and_later_found_among_past_alarms(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    """The alarm is about a missing mailbox."""
    raised = {"exchange_connector": corp["resource_uri"], "name": "connection_failed"}
    [alarm] = (await api.get("/api/admin/status/v1/alarm/", params=raised)).json()["objects"]
    await admin.sign_in()
    card = admin.page.get_by_role("listitem").filter(has_text=corp["name"]).filter(has_text="connection failed")
    await expect(card).to_contain_text(alarm["remedy"][:40])
    await card.get_by_role("button", name="Acknowledge").click()
    await expect(card).to_contain_text("acknowledged")
    (await api.patch(f"{CONNECTORS}{corp['id']}/", json={"enable_dynamic_vmrs": False})).raise_for_status()
    await admin.page.reload()
    await admin.settled()
    await expect(card).to_have_count(0)
    await admin.page.get_by_text("Past alarms").click()
    over = admin.page.get_by_role("row").filter(has_text="Console Corp").filter(has_text="connection failed")
    await expect(over.first).to_contain_text(alarm["details"][:40])


async def test_the_doctor_reports_each_finding_as_it_is_made(admin: Admin) -> None:
    asked, held = list[str](), list[Route]()

    def note(request: Request) -> None:
        asked.extend(parse_qs(urlsplit(request.url).query).get("check", []))

    async def hold(route: Route) -> None:
        held.append(route)

    admin.page.on("request", note)
    await admin.page.route("**/doctor/?check=lag", hold)
    await admin.sign_in("integrations/1")
    await admin.page.get_by_role("button", name="Examine now").click()
    doctor = admin.page.locator(".doctor")
    await expect(doctor.get_by_role("status")).to_contain_text("so far")
    await expect(doctor.locator("summary")).to_contain_text("found no problems")  # while one check hangs
    while not held:
        await admin.page.evaluate("0")
    await held[0].continue_()
    await expect(doctor.get_by_role("status")).to_contain_text("There are problems")
    assert asked[0] == "settings"
    assert len(asked) == len(set(asked)) > 5


async def test_the_add_in_is_installed_by_the_documented_command(
    admin: Admin, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    await admin.sign_in(f"integrations/{corp['id']}/addin")
    await admin.page.get_by_label("Only for these users").fill("alice@example.com, bob@example.com; $(calc)")
    await expect(admin.page.get_by_role("alert")).to_contain_text("$(calc)")
    command = (await admin.page.get_by_label("Exchange PowerShell").first.inner_text()).splitlines()[-1]
    assert command in (ROOT / "docs" / "addin.md").read_text("utf-8")
    await admin.page.get_by_role("button", name="is installed now").click()
    await expect(admin.page.get_by_text("Revision 1 of the manifest is installed")).to_be_visible()
    assert (await api.get(f"{CONNECTORS}{corp['id']}/")).json()["manifest_reinstall_needed"] is False
    for link in await admin.page.get_by_role("link", name="Download").all():
        address = str(await link.get_attribute("href"))
        assert (await api.get(address)).status_code == 200, address


async def test_an_admin_clicks_through_the_pane_without_outlook(admin: Admin, stack: Addresses) -> None:
    """The preview makes no requests."""
    asked = list[str]()
    await admin.sign_in("integrations/1/addin")
    pane, states = admin.page.frame_locator("iframe.pane"), admin.page.get_by_label("State")
    await expect(states.locator("option")).not_to_have_count(0)
    admin.page.on("request", lambda request: asked.append(request.url))
    names, seen = await states.locator("option").all_inner_texts(), list[str]()
    for _ in names[1:]:
        seen.append(await pane.locator("body").inner_html())
        await admin.page.get_by_role("button", name="Next state").click()
        await expect(pane.locator("body")).not_to_have_js_property("innerHTML", seen[-1])
    assert len(names) > 15
    await expect(admin.page.get_by_role("button", name="Next state")).to_be_disabled()
    await states.select_option("success")
    await pane.get_by_role("button", name="Remove from the meeting").click()
    await expect(pane.get_by_role("button", name="Add a Single-use VMR")).to_be_visible()
    assert [url for url in asked if not url.startswith("data:")] == []


async def test_a_service_account_signs_in_through_the_link_on_its_page(
    admin: Admin, stack: Addresses, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    at = f"{stack.exchange}/{TENANT}/oauth2"
    oauth = {
        "authentication_method": "OAUTH", "username": "service@example.com", "oauth_client_id": SERVICE_APP,
        "url": "https://outlook.office365.com/EWS/Exchange.asmx", "oauth_auth_endpoint": f"{at}/authorize",
        "oauth_token_endpoint": f"{at}/token",
        "oauth_redirect_uri": f"{stack.functions}/service-account/oauth_redirect",
    }  # fmt: skip
    saved = await api.patch(f"{CONNECTORS}{corp['id']}/", json=oauth)
    assert saved.status_code == 202, saved.text
    await admin.sign_in(f"integrations/{corp['id']}")
    await admin.page.get_by_role("link", name="Service account").click()
    await admin.settled()
    state = admin.page.locator("main").get_by_role("status")
    await expect(state).to_contain_text("not signed in")
    await admin.page.get_by_role("button", name="Create a sign-in link").click()
    async with admin.context.expect_page() as opened:
        await admin.page.get_by_role("link", name="Open it in a new tab").click()
    provider = await opened.value
    await provider.get_by_role("button", name="service@example.com").click()
    await expect(provider.get_by_role("heading")).to_have_text("Successfully signed in")
    await provider.close()
    # In a headless browser every tab counts as active, so returning to a tab causes no event.
    await admin.page.evaluate("dispatchEvent(new Event('focus'))")
    await expect(state).to_contain_text("service@example.com is signed in")
    assert await violations(admin.page) == []


async def test_only_our_own_pages_may_embed_the_pane_without_outlook(api: httpx.AsyncClient) -> None:
    answer = await api.get(PREVIEW)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self'")
    assert "script-src 'self'" in policy
    assert "office.js" not in answer.text
    assert (await api.get("/addin/99999999-9999-4999-8999-999999999999/preview")).status_code == 404
