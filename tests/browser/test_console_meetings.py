"""W4: finding meetings in the console by integration, by day and by other details that a caller may know. Also choosing
an integration.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Locator, Route, expect

from dev.environment import Addresses
from tests.browser.console import LOOKS, Admin, book
from tests.browser.looks import violations
from tests.browser.stack import now

MEETINGS = "/api/admin/status/v1/meeting/"
NAMES = "/api/admin/status/v1/connector_name/"
CONNECTORS = "/api/admin/configuration/v1/ms_exchange_connector/"
MANY_INTEGRATIONS = 1_000


async def booked(admin: Admin, stack: Addresses, api: httpx.AsyncClient, subject: str) -> None:
    """A meeting tomorrow by the stack's clock, created unless an earlier test has done so. The browser's clock is set
    to the stack's.
    """
    await admin.page.clock.set_fixed_time(await now(stack))
    if not (await api.get(MEETINGS, params={"text": subject})).json()["objects"]:
        await book(stack, api, subject)


def choice(admin: Admin) -> Locator:
    return admin.page.locator(".choice select")


def when(admin: Admin) -> Locator:
    return admin.page.locator("select", has_text="Current and upcoming")


async def test_meetings_are_found_by_integration_and_by_day(
    admin: Admin, stack: Addresses, api: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    await booked(admin, stack, api, "Found by its day")
    name = (await api.get(f"{NAMES}1/")).json()["name"]
    await admin.sign_in("meetings")
    meeting = admin.page.get_by_role("link", name="Found by its day")
    await expect(meeting).to_be_visible()
    await choice(admin).select_option(label=corp["name"])
    await expect(admin.page.get_by_text("No matching meetings")).to_be_visible()
    await choice(admin).select_option(label=name)
    await expect(meeting).to_be_visible()
    await when(admin).select_option(label="On a day")
    await expect(admin.page.get_by_role("button", name="Today")).to_be_disabled()
    await expect(meeting).to_have_count(0)
    await admin.page.get_by_role("button", name="Next day").click()
    await expect(meeting).to_be_visible()
    day = await admin.page.locator("input[type=date]").input_value()
    assert admin.page.url.endswith(f"#/meetings?when=day&day={day}&integration=1")
    await admin.page.get_by_role("button", name="Previous day").click()
    await expect(meeting).to_have_count(0)
    await admin.page.locator("input[type=date]").fill(day)
    await expect(meeting).to_be_visible()


@pytest.mark.parametrize("admin", [{"timezone_id": "America/New_York"}], ids=[""], indirect=True)
async def test_a_day_is_a_local_day_whatever_its_length(admin: Admin) -> None:
    await admin.sign_in()
    async with admin.page.expect_request(f"**{MEETINGS}?*") as first:
        await admin.show("meetings?when=day&day=2026-03-08")
    assert "start__gte=2026-03-08T05%3A00%3A00&start__lt=2026-03-09T04%3A00%3A00" in (await first.value).url
    async with admin.page.expect_request(f"**{MEETINGS}?*") as second:
        await admin.page.get_by_role("button", name="Next day").click()
    assert "start__gte=2026-03-09T04%3A00%3A00&start__lt=2026-03-10T04%3A00%3A00" in (await second.value).url


async def test_the_url_of_a_list_contains_its_filters(admin: Admin, stack: Addresses, api: httpx.AsyncClient) -> None:
    await booked(admin, stack, api, "Quarterly budget review")
    await admin.sign_in("meetings?text=budget+review&state=scheduled&integration=1")
    await admin.page.get_by_role("link", name="Quarterly budget review").click()
    await expect(admin.page.locator(".facts").get_by_role("link")).to_have_attribute("href", "#/integrations/1")
    await admin.page.go_back()
    await expect(admin.page.get_by_role("link", name="Quarterly budget review")).to_be_visible()
    await expect(admin.page.get_by_label("Subject, organizer")).to_have_value("budget review")
    await expect(choice(admin)).to_have_value(f"{CONNECTORS}1/")
    await admin.page.get_by_role("button", name="Clear all filters").click()
    await expect(admin.page.get_by_label("Subject, organizer")).to_have_value("")
    await expect(choice(admin)).to_have_value("")
    assert admin.page.url.endswith("#/meetings")


@pytest.mark.parametrize(
    "query", ["when=toString&state=__proto__&integration=1/../2&offset=-1", "when=day&day=2026-02-30"]
)
async def test_a_url_with_invalid_filters_still_shows_a_list(admin: Admin, query: str) -> None:
    await admin.sign_in(f"meetings?{query}")
    await expect(admin.page.get_by_role("alert")).to_have_count(0)
    await expect(choice(admin)).to_have_value("")


async def test_an_integrations_page_links_to_its_meetings(admin: Admin, corp: dict[str, Any]) -> None:
    await admin.sign_in(f"integrations/{corp['id']}")
    await admin.page.get_by_role("link", name="Meetings", exact=True).last.click()
    await admin.settled()
    await expect(choice(admin).locator("option:checked")).to_have_text(corp["name"])
    await expect(admin.page.get_by_text("No matching meetings")).to_be_visible()


async def test_a_list_of_several_integrations_names_the_integration_of_each_meeting(admin: Admin) -> None:
    async def of_two(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        shown = [{**MEETING, "id": n, "exchange_connector": f"{CONNECTORS}{n}/"} for n in (1, 2)]
        await route.fulfill(json={"meta": {**body["meta"], "total_count": 2}, "objects": shown})

    await admin.sign_in()
    await admin.page.route(f"**{MEETINGS}?*", of_two)
    await admin.page.route(f"**{NAMES}?*", lambda route: route.fulfill(json=names(query_of(route))))
    await admin.show("meetings")
    await expect(admin.page.locator("tbody .about")).to_have_text(["Number 1", "Number 2"])


async def test_a_search_among_too_many_meetings_says_how_many_were_searched(admin: Admin) -> None:
    answer = {"meta": {"total_count": 1, "examined": 2000}, "objects": [MEETING]}
    await admin.sign_in()
    await admin.page.route(f"**{MEETINGS}?*", lambda route: route.fulfill(json=answer))
    await admin.show("meetings?when=past")
    await expect(admin.page.get_by_role("note")).to_contain_text("Only the latest 2,000 meetings were searched")
    await when(admin).select_option(label="Current and upcoming")
    await expect(admin.page.get_by_role("note")).to_contain_text("Only the next 2,000 meetings were searched")


@pytest.mark.parametrize("view", ["meetings", "people"])
async def test_one_of_a_thousand_integrations_is_chosen_by_typing_its_name(admin: Admin, view: str) -> None:
    asked: list[Mapping[str, str]] = []
    whole: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(query_of(route))
        await route.fulfill(json=names(asked[-1]))

    await admin.sign_in()
    await admin.page.route(f"**{NAMES}?*", answer)
    admin.page.on("request", lambda request: whole.append(request.url) if CONNECTORS in request.url else None)
    await admin.show(view)
    field = admin.page.locator(".tools .choice input").first
    await expect(field).to_have_attribute("placeholder", re.compile("^Any"))
    await field.fill("number 77")
    option = admin.page.locator("datalist option[value='Number 777']").first
    await expect(option).to_have_count(1)
    chosen = re.compile(rf"exchange_connector=(777|{re.escape(CONNECTORS.replace('/', '%2F'))}777%2F)(&|$)")
    async with admin.page.expect_request(chosen):
        await field.fill("Number 777")
    await admin.settled()
    assert await violations(admin.page) == []
    async with admin.page.expect_request(lambda r: "limit=50" in r.url and "exchange_connector=" not in r.url):
        await field.fill("")
    assert max(int(each["limit"]) for each in asked) <= 200
    assert whole == []


async def test_a_chosen_integration_among_a_thousand_is_named_after_a_reload(admin: Admin) -> None:
    await admin.page.route(f"**{NAMES}?*", lambda route: route.fulfill(json=names(query_of(route))))
    await admin.sign_in("meetings?integration=321")
    field = admin.page.locator(".tools .choice input")
    await expect(field).to_have_value("Number 321")
    await admin.page.get_by_role("button", name="Clear all filters").click()
    await expect(field).to_have_value("")


@pytest.mark.parametrize("admin", LOOKS.values(), ids=LOOKS, indirect=True)
async def test_the_meetings_of_a_day_are_accessible_and_fit_the_window(
    admin: Admin, stack: Addresses, api: httpx.AsyncClient, request: pytest.FixtureRequest
) -> None:
    await booked(admin, stack, api, "Found by its day")
    await admin.sign_in("meetings?when=day")
    await admin.page.get_by_role("button", name="Next day").click()
    await expect(admin.page.get_by_role("link", name="Found by its day")).to_be_visible()
    assert await violations(admin.page) == []
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await admin.page.evaluate(wide) <= 0
    if folder := os.environ.get("CONSOLE_SHOTS"):
        name = f"meetings-day-{request.node.callspec.id.replace(' ', '-')}.png"
        await admin.page.screenshot(path=Path(folder) / name, full_page=True)


def query_of(route: Route) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}


def names(query: Mapping[str, str]) -> dict[str, Any]:
    """An API response with a thousand integrations."""
    ids = [int(each) for each in query["id__in"].split(",")] if "id__in" in query else range(1, MANY_INTEGRATIONS + 1)
    found = [
        {"id": id_, "name": f"Number {id_}", "room_mailbox_email_address": f"vmr{id_}@example.com",
         "exchange_connector": f"{CONNECTORS}{id_}/"}
        for id_ in ids if query.get("text", "").lower() in f"number {id_}"
    ]  # fmt: skip
    return {"meta": {"total_count": len(found)}, "objects": found[: int(query["limit"])]}


MEETING = {
    "id": 1, "exchange_connector": f"{CONNECTORS}1/", "alias": "meet1@example.com", "subject": "One of many",
    "name": "", "organizer": "alice@example.com", "start": "2026-11-30T09:00:00", "state": "scheduled",
    "door": {"open": False, "next_change": None},
}  # fmt: skip
