"""W6: personal VMRs and users in the console: searched, edited, imported and exported."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import FilePayload, Locator, Route, expect

from tests.browser.console import HOSTILE, Admin
from tests.browser.looks import violations

CONFERENCES = "/api/admin/configuration/v1/conference/"
USERS = "/api/admin/configuration/v1/end_user/"
OURS = {"name__startswith": "People test", "id__lt": str(2**30), "limit": "0"}
MANY_VMRS = 10_000
HEAD = "name,description,primary_owner_email_address,aliases,pin,allow_guests"


@pytest.fixture
async def people(api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The management API. People whom a test has created are deleted at the end of the test."""
    try:
        yield api
    finally:
        for path, filters in ((CONFERENCES, OURS), (USERS, {"primary_email_address__startswith": "people-test"})):
            found = (await api.get(path, params=filters)).json()["objects"]
            gone = [each["resource_uri"] for each in found]
            (await api.patch(path, json={"objects": [], "deleted_objects": gone})).raise_for_status()


async def vmrs(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(CONFERENCES, params={**OURS, "order_by": "name"})).json()["objects"]
    return found


def file(text: str, name: str = "rooms.csv") -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


async def bring(admin: Admin, payload: FilePayload) -> Locator:
    """Import a file. Returns the panel with the result."""
    panel = admin.page.locator("details.import")
    if not await panel.get_by_label("File").is_visible():
        await panel.locator("> summary").click()
    await panel.get_by_label("File").set_input_files(payload)
    await panel.get_by_role("button", name="Import").click()
    return panel


def row(number: int) -> str:
    return f"People test {number:03d},,owner@example.com,people{number}@example.com,1234,true"


async def test_valid_rows_are_saved_and_every_invalid_row_is_reported(admin: Admin, people: httpx.AsyncClient) -> None:
    await admin.sign_in("people")
    rows = [
        HEAD,
        row(1),
        row(2),
        f'"People test {HOSTILE.replace(chr(34), chr(34) * 2)}",,,,,',
        "People test 4,,,,,maybe",
    ]
    rows += [
        "People test 5,,,people1@example.com,,",
        "People test 6,,,,12,",
        "people TEST 001,,,,,",
        "People test 7,,,",
    ]
    panel = await bring(admin, file("\n".join(rows)))
    await expect(panel.get_by_role("status")).to_contain_text("Done: 3 new, 0 changed, 0 unchanged, 5 with errors")
    bad = [await each.inner_text() for each in await panel.locator("tbody tr").all()]
    assert [each.partition("\t")[0] for each in sorted(bad)] == ["line 5", "line 6", "line 7", "line 8", "line 9"]
    assert "true or false" in sorted(bad)[0]
    assert [each["name"] for each in await vmrs(people)] == [
        "People test 001",
        "People test 002",
        f"People test {HOSTILE}",
    ]
    await expect(admin.page.get_by_role("link", name=f"People test {HOSTILE}")).to_be_visible()
    panel = await bring(admin, file("\n".join([HEAD, row(1), row(2).replace(",,", ",Changed,", 1)])))
    await expect(panel.get_by_role("status")).to_contain_text("Done: 0 new, 1 changed, 1 unchanged.")


async def test_an_interrupted_import_continues_where_it_stopped(admin: Admin, people: httpx.AsyncClient) -> None:
    """The second request is carried out, but its response is lost."""
    await admin.sign_in("people")
    requests = list[str]()

    async def lose_the_second(route: Route) -> None:
        if route.request.method != "PATCH":
            await route.continue_()
            return
        requests.append(route.request.url)
        answer = await route.fetch()
        await (route.abort("connectionreset") if len(requests) == 2 else route.fulfill(response=answer))

    await admin.page.route(f"**{CONFERENCES}", lose_the_second)
    panel = await bring(admin, file("\n".join([HEAD, *map(row, range(110))])))
    await expect(panel.get_by_role("status")).to_contain_text("Interrupted after 100 of 110: 100 new")
    await panel.get_by_role("button", name="Try again").click()
    await expect(panel.get_by_role("status")).to_contain_text("Done: 0 new, 0 changed, 110 unchanged.")
    assert len(await vmrs(people)) == 110
    await admin.page.get_by_label("Search by name").fill("people test 1")
    await expect(admin.page.get_by_text("10 in all")).to_be_visible()


async def test_importing_an_exported_file_changes_nothing(
    admin: Admin, people: httpx.AsyncClient, tmp_path: Path
) -> None:
    fields = {"name": 'People test; "quoted", =1+1', "description": "=cmd()", "aliases": ["a1@example.com", "5550199"]}
    (await people.post(CONFERENCES, json={**fields, "pin": "0012", "allow_guests": True})).raise_for_status()
    await admin.sign_in("people")
    await admin.page.get_by_label("Search by name").fill("People test")
    await expect(admin.page.get_by_text("1 in all")).to_be_visible()
    await admin.page.get_by_text("Export", exact=True).click()
    for form in ("CSV", "JSON"):
        async with admin.page.expect_download() as saved:
            await admin.page.get_by_role("button", name=f"Export as {form}").click()
        path = tmp_path / f"vmrs.{form.lower()}"
        await (await saved.value).save_as(path)
        text = path.read_text("utf-8")
        panel = await bring(admin, file(text, path.name))
        await expect(panel.get_by_role("status")).to_contain_text("Done: 0 new, 0 changed, 1 unchanged.")
    assert "'=cmd()" in (tmp_path / "vmrs.csv").read_text("utf-8")  # spreadsheets do not treat the value as a formula


async def test_a_file_without_a_list_of_people_is_rejected_before_anything_is_sent(admin: Admin) -> None:
    await admin.sign_in("people")
    panel = await bring(admin, file("name,shoe size\nPeople test,42"))
    await expect(panel.get_by_role("alert")).to_contain_text("Unknown columns: shoe size.")
    panel = await bring(admin, file("{", "rooms.json"))
    await expect(panel.get_by_role("alert")).to_contain_text("not valid JSON")
    panel = await bring(admin, {"name": "rooms.csv", "mimeType": "text/csv", "buffer": b"name\nJos\xe9"})
    await expect(panel.get_by_role("alert")).to_contain_text("not encoded in UTF-8")


async def test_a_user_is_created_changed_and_deleted(admin: Admin, people: httpx.AsyncClient) -> None:
    await admin.sign_in("people/users/new")
    await admin.page.locator("#primary_email_address").fill("no address")
    await admin.page.get_by_role("button", name="Create").click()
    await expect(admin.page.locator("#primary_email_address-faults")).to_be_visible()
    await admin.page.locator("#primary_email_address").fill("people-test@example.com")
    await admin.page.get_by_role("button", name="Create").click()
    await expect(admin.page.get_by_role("heading", name="people-test@example.com")).to_be_visible()
    await admin.page.locator("#display_name").fill(HOSTILE)
    await admin.page.get_by_role("button", name="Save").click()
    await expect(admin.page.get_by_text("Saved.")).to_be_visible()
    found = {"primary_email_address": "people-test@example.com"}
    [user] = (await people.get(USERS, params=found)).json()["objects"]
    assert user["display_name"] == HOSTILE
    admin.page.on("dialog", lambda dialog: dialog.accept())
    await admin.page.get_by_role("button", name="Delete").click()
    await expect(admin.page.get_by_role("heading", name="Users")).to_be_visible()
    assert (await people.get(USERS, params=found)).json()["objects"] == []


async def test_the_aliases_of_a_vmr_are_edited_line_by_line(admin: Admin, people: httpx.AsyncClient) -> None:
    made = await people.post(CONFERENCES, json={"name": "People test", "aliases": ["a2@example.com"]})
    await admin.sign_in(f"people/vmrs/{made.json()['id']}")
    await admin.page.locator("#aliases").fill("a2@example.com\n 5550198 \n")
    await admin.page.locator("#pin").fill("1")
    await admin.page.get_by_role("button", name="Save").click()
    await expect(admin.page.locator("#pin-faults")).to_be_visible()
    await admin.page.locator("#pin").fill("4321")
    await admin.page.get_by_role("button", name="Save").click()
    await expect(admin.page.get_by_text("Saved.")).to_be_visible()
    [saved] = await vmrs(people)
    assert ([each["alias"] for each in saved["aliases"]], saved["pin"]) == (["a2@example.com", "5550198"], "4321")


async def test_two_admins_who_save_the_same_vmr_both_keep_their_changes(
    admin: Admin, people: httpx.AsyncClient, corp: dict[str, Any]
) -> None:
    fields = {"name": "People test", "description": "before", "aliases": ["a3@example.com"], "pin": "1111"}
    made = (await people.post(CONFERENCES, json=fields)).json()
    path = f"{CONFERENCES}{made['id']}/"
    await admin.sign_in(f"people/vmrs/{made['id']}")
    theirs = {"description": "theirs", "pin": "2222", "exchange_connector": corp["resource_uri"]}
    (await people.patch(path, json=theirs)).raise_for_status()
    await admin.page.locator("#description").fill("mine")
    await admin.page.locator("#aliases").fill("a3@example.com\na4@example.com")
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    conflict = admin.page.locator(".conflict")
    await expect(conflict).to_contain_text("Somebody else has changed this personal VMR")
    await expect(conflict).to_contain_text("The last change was by admin")
    described = conflict.get_by_role("group", name="Description")
    await expect(described.locator(".value")).to_have_text(["before", "theirs", "mine"])
    await expect(conflict).to_contain_text("2 fields that only they changed")
    await conflict.get_by_text("2 fields that only they changed").click()
    await expect(conflict.locator(".panel").last).to_contain_text("Belongs to")
    await expect(conflict.locator(".panel").last).to_contain_text("Console Corp")
    await described.get_by_label("Yours").check()
    assert await violations(admin.page) == []
    await conflict.get_by_role("button", name="Save with these choices").click()
    await expect(admin.page.get_by_text("Saved.")).to_be_visible()
    now = (await people.get(path)).json()
    assert {name: now[name] for name in theirs} == {**theirs, "description": "mine"}
    assert [each["alias"] for each in now["aliases"]] == ["a3@example.com", "a4@example.com"]
    await admin.page.locator("#description").fill("mine once more")
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    await expect(admin.page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    assert (await people.get(path)).json()["description"] == "mine once more"


async def test_a_user_changed_by_somebody_else_is_not_deleted_without_asking(
    admin: Admin, people: httpx.AsyncClient
) -> None:
    made = (await people.post(USERS, json={"primary_email_address": "people-test@example.com"})).json()
    await admin.sign_in(f"people/users/{made['id']}")
    (await people.patch(f"{USERS}{made['id']}/", json={"display_name": "Renamed"})).raise_for_status()
    admin.page.on("dialog", lambda dialog: dialog.accept())
    await admin.page.get_by_role("button", name="Delete").click()
    await expect(admin.page.locator(".conflict")).to_contain_text("Renamed")
    await admin.page.get_by_role("button", name="Use theirs", exact=True).click()
    await expect(admin.page.locator("#display_name")).to_have_value("Renamed")
    await admin.page.get_by_role("button", name="Delete").click()
    await expect(admin.page.get_by_role("heading", name="Users")).to_be_visible()
    assert (await people.get(f"{USERS}{made['id']}/")).status_code == 404


async def test_ten_thousand_vmrs_are_shown_and_exported_in_pages(admin: Admin, tmp_path: Path) -> None:
    asked: list[dict[str, str]] = []

    async def answer(route: Route) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        asked.append(query)
        await route.fulfill(json=page_of_vmrs(int(query.get("offset", 0)), int(query["limit"])))

    await admin.sign_in()
    await admin.page.route("**/conference/?*", answer)
    await admin.show("people")
    await expect(admin.page.locator("tbody tr")).to_have_count(50)
    await admin.page.get_by_role("button", name="Next").click()
    await expect(admin.page.get_by_role("link", name="Room 50", exact=True)).to_be_visible()
    await expect(admin.page.locator("tbody tr")).to_have_count(50)
    assert [(each.get("offset", "0"), each["limit"]) for each in asked] == [("0", "50"), ("50", "50")]
    asked.clear()
    await admin.page.locator(".files details > summary", has_text="Export").click()
    async with admin.page.expect_download() as started:
        await admin.page.get_by_role("button", name="Export as CSV").click()
    download = await started.value
    await download.save_as(tmp_path / "vmrs.csv")
    assert len((tmp_path / "vmrs.csv").read_text().splitlines()) == 1 + MANY_VMRS
    assert [int(each.get("offset", 0)) for each in asked] == list(range(0, MANY_VMRS + 1, 1000))


def page_of_vmrs(first: int, limit: int) -> dict[str, Any]:
    """A page of ten thousand personal VMRs."""
    objects = [
        {"id": number + 1, "name": f"Room {number}", "primary_owner_email_address": f"{number}@example.com",
         "aliases": [{"alias": f"room{number}@example.com"}], "description": ""}
        for number in range(first, min(first + limit, MANY_VMRS))
    ]  # fmt: skip
    return {"meta": {"total_count": MANY_VMRS}, "objects": objects}
