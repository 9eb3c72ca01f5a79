"""FindItem: paging, restrictions, order, and calendar views."""

from datetime import timedelta
from typing import Any

import pytest
from exchangelib import Q
from exchangelib.errors import ErrorCalendarViewRangeTooBig, ErrorExceededFindCountLimit

from tests.integration.exchange.ews import soap
from tests.integration.exchange.ews.client import VMR_EWS, Client, at
from tests.support.exchange_world import ALICE, BOB, WEEKLY, ExchangeWorld

DAILY = {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "noEnd"}}


async def mails(world: ExchangeWorld, *subjects: str, sender: str = ALICE) -> None:
    for subject in subjects:
        await world.post("/dev/mail", {"from": sender, "to": VMR_EWS, "subject": subject})


async def subjects(client: Client, *conditions: Any, order: str = "subject", **more: Any) -> list[str]:
    def work() -> list[str]:
        found = client.mailbox().inbox.filter(*conditions, **more).order_by(order)
        return [item.subject for item in found.only("subject")]

    return await client.do(work)


async def test_a_folder_is_read_page_by_page(world: ExchangeWorld, client: Client) -> None:
    await mails(world, *"abcdefg")

    def work() -> list[str]:
        found = client.mailbox().inbox.all().order_by("subject").only("item_class", "subject")
        found.page_size = 3
        return [item.subject for item in found]

    await world.http.delete("/dev/requests")
    assert await client.do(work) == list("abcdefg")
    asked = (await world.http.get("/dev/requests")).json()["requests"]
    assert asked["EWS FindItem"] == 3


async def test_a_page_describes_its_position(world: ExchangeWorld) -> None:
    await mails(world, *"abc")
    view = '<m:IndexedPageItemView MaxEntriesReturned="2" Offset="0" BasePoint="Beginning"/>'
    answer = await soap.post(world, soap.envelope(find(view)))
    page = soap.attributes(answer, "RootFolder")
    assert page == {"IndexedPagingOffset": "2", "TotalItemsInView": "3", "IncludesLastItemInRange": "false"}


def find(view: str, folder: str = "inbox") -> str:
    return (
        '<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>'
        f'{view}<m:ParentFolderIds><t:DistinguishedFolderId Id="{folder}"><t:Mailbox>'
        "<t:EmailAddress>vmr-ews@example.com</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:ParentFolderIds>"
        "</m:FindItem>"
    )


async def test_items_can_be_ordered(world: ExchangeWorld, client: Client) -> None:
    await mails(world, "b", "c", "a")
    assert await subjects(client, order="subject") == ["a", "b", "c"]
    assert await subjects(client, order="-subject") == ["c", "b", "a"]
    assert await subjects(client, order="datetime_received") == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({"subject": "Apple"}, ["Apple"]),
        ({"subject__not": "Apple"}, ["Banana", "apple pie"]),
        ({"subject__startswith": "App"}, ["Apple"]),
        ({"subject__istartswith": "app"}, ["Apple", "apple pie"]),
        ({"subject__icontains": "PIE"}, ["apple pie"]),
        ({"subject__exact": "apple"}, []),
        ({"subject__iexact": "apple"}, ["Apple"]),
        ({"is_read": True}, []),
        ({"is_read": False, "item_class": "IPM.Note"}, ["Apple", "Banana", "apple pie"]),
        ({"size__gt": 10, "size__lt": 10_000}, ["Apple", "Banana", "apple pie"]),
        ({"author": BOB}, ["Banana"]),
        ({"in_reply_to__exists": False}, ["Apple", "Banana", "apple pie"]),
    ],
)
async def test_items_can_be_restricted(
    world: ExchangeWorld, client: Client, conditions: dict[str, Any], found: list[str]
) -> None:
    await mails(world, "Apple", "apple pie")
    await mails(world, "Banana", sender=BOB)
    assert await subjects(client, **conditions) == found


async def test_restrictions_can_be_combined(world: ExchangeWorld, client: Client) -> None:
    await mails(world, "a", "b", "c")
    assert await subjects(client, Q(subject="a") | Q(subject="c")) == ["a", "c"]
    assert await subjects(client, ~Q(subject="a") & ~Q(subject="c")) == ["b"]
    now = world.exchange.clock.now()
    soon = at(now.year + 1, 1, 1)
    assert await subjects(client, datetime_received__lte=soon) == ["a", "b", "c"]
    assert await subjects(client, datetime_received__gte=soon) == []


async def test_the_newest_items_can_be_requested(world: ExchangeWorld, client: Client) -> None:
    await mails(world, *"abcd")
    newest = await client.do(lambda: list(client.mailbox().inbox.all().order_by("-datetime_received")[:2]))
    assert [item.subject for item in newest] == ["d", "c"]


# --- calendar views


async def test_a_calendar_view_expands_series_in_order(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS], subject="Series", recurrence=WEEKLY)
    await world.meet(attendees=[VMR_EWS], subject="One", start="2030-03-12T09:00:00", end="2030-03-12T09:30:00")
    shown = await client.calendar(at(2030, 3, 5), at(2030, 3, 19))
    assert [(item.subject, item.type, item.start.day) for item in shown] == [
        ("Series", "Occurrence", 11),
        ("One", "Single", 12),
        ("Series", "Occurrence", 18),
    ]
    assert len({item.id for item in shown}) == 3


async def test_occurrences_keep_their_local_time_across_daylight_saving(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS], recurrence=WEEKLY)
    shown = await client.calendar(at(2030, 3, 24), at(2030, 4, 3))
    assert [item.start for item in shown] == [at(2030, 3, 25, 8), at(2030, 4, 1, 7)]


async def test_the_number_of_items_in_a_calendar_view_can_be_limited(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS], recurrence=DAILY)
    assert len(await client.calendar(at(2030, 3, 4), at(2030, 4, 4), most=5)) == 5
    view = '<m:CalendarView MaxEntriesReturned="5" StartDate="2030-03-04T00:00:00Z" EndDate="2030-04-04T00:00:00Z"/>'
    page = soap.attributes(await soap.post(world, soap.envelope(find(view, "calendar"))), "RootFolder")
    assert page == {"TotalItemsInView": "31", "IncludesLastItemInRange": "false"}, "an unpaged response has no offset"


async def test_calendar_views_have_a_maximum_length_and_size(world: ExchangeWorld, client: Client) -> None:
    await world.meet(attendees=[VMR_EWS], recurrence=DAILY)
    await world.meet(attendees=[VMR_EWS], recurrence=DAILY)
    start = at(2030, 3, 4)
    with pytest.raises(ErrorCalendarViewRangeTooBig):
        await client.calendar(start, start + timedelta(days=735), most=10)
    with pytest.raises(ErrorExceededFindCountLimit):
        await client.calendar(start, start + timedelta(days=600))


@pytest.mark.parametrize(
    ("view", "folder", "code"),
    [
        ('<m:CalendarView StartDate="2030-03-04T00:00:00Z" EndDate="2030-04-04T00:00:00Z"/>', "inbox",
         "ErrorCalendarFolderIsInvalidForCalendarView"),
        ('<m:CalendarView StartDate="2030-03-04T00:00:00Z" EndDate="2029-04-04T00:00:00Z"/>', "calendar",
         "ErrorCalendarEndDateIsEarlierThanStartDate"),
        ('<m:CalendarView StartDate="yesterday" EndDate="2029-04-04T00:00:00Z"/>', "calendar", "ErrorSchemaValidation"),
        ('<m:IndexedPageItemView MaxEntriesReturned="x" Offset="0" BasePoint="Beginning"/>', "inbox",
         "ErrorInvalidPagingMaxRows"),
        ("", "nowhere", "ErrorFolderNotFound"),
    ],
)  # fmt: skip
async def test_invalid_views_are_refused(world: ExchangeWorld, view: str, folder: str, code: str) -> None:
    answer = await soap.post(world, soap.envelope(find(view, folder)))
    assert soap.texts(answer, "ResponseCode") == [code]
