"""Folders, time zones, ids and clients' custom properties, read with exchangelib and with hand-written requests."""

import base64
from collections.abc import Iterator

import pytest
from exchangelib import CalendarItem, ExtendedProperty, Message

from tests.integration.exchange.ews import soap
from tests.integration.exchange.ews.client import VMR_EWS, Client, at
from tests.support.exchange_world import ExchangeWorld

FIND = """<m:FindFolder Traversal="{}"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>{}
<m:ParentFolderIds><t:DistinguishedFolderId Id="msgfolderroot"><t:Mailbox><t:EmailAddress>vmr-ews@example.com
</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId></m:ParentFolderIds></m:FindFolder>""".replace(
    "\n</t:E", "</t:E"
)
SYNC = """<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>
<m:SyncFolderId><t:DistinguishedFolderId Id="msgfolderroot"><t:Mailbox>
<t:EmailAddress>vmr-ews@example.com</t:EmailAddress>
</t:Mailbox></t:DistinguishedFolderId></m:SyncFolderId>{}</m:SyncFolderHierarchy>"""
NAMES = ["Inbox", "Deleted Items", "Sent Items", "Drafts", "Calendar", "Contacts", "Journal", "Junk Email", "Notes",
         "Outbox", "Tasks"]  # fmt: skip


async def test_the_folders_of_a_mailbox_are_listed(world: ExchangeWorld) -> None:
    answer = await soap.post(world, soap.envelope(FIND.format("Shallow", "")))
    assert soap.texts(answer, "DisplayName") == NAMES


async def test_folders_are_listed_page_by_page(world: ExchangeWorld) -> None:
    view = '<m:IndexedPageFolderView MaxEntriesReturned="4" Offset="8" BasePoint="Beginning"/>'
    answer = await soap.post(world, soap.envelope(FIND.format("Deep", view)))
    assert soap.texts(answer, "DisplayName") == NAMES[8:]
    assert soap.attributes(answer, "RootFolder")["IncludesLastItemInRange"] == "true"


async def test_the_folder_hierarchy_is_reported_once(world: ExchangeWorld) -> None:
    answer = await soap.post(world, soap.envelope(SYNC.format("")))
    assert soap.texts(answer, "DisplayName") == NAMES
    [state] = soap.texts(answer, "SyncState")
    again = await soap.post(world, soap.envelope(SYNC.format(f"<m:SyncState>{state}</m:SyncState>")))
    assert (soap.texts(again, "DisplayName"), soap.texts(again, "SyncState")) == ([], [state])


@pytest.mark.parametrize(("zone", "changes"), [("W. Europe Standard Time", 2), ("UTC", 0), ("India Standard Time", 0)])
async def test_time_zones_are_listed(world: ExchangeWorld, zone: str, changes: int) -> None:
    body = (
        f'<m:GetServerTimeZones ReturnFullTimeZoneData="true"><m:Ids><t:Id>{zone}</t:Id></m:Ids></m:GetServerTimeZones>'
    )
    answer = await soap.post(world, soap.envelope(body))
    assert soap.attributes(answer, "TimeZoneDefinition")["Id"] == zone
    assert len(soap.texts(answer, "RecurringDayTransition")) == changes
    if changes:
        assert soap.texts(answer, "Month") == ["3", "10"]
        assert soap.texts(answer, "Occurrence") == ["-1", "-1"]
        assert soap.texts(answer, "TimeOffset") == ["PT2H0M", "PT3H0M"]


@pytest.mark.parametrize("format_", ["HexEntryId", "OwaId", "StoreId", "EntryId"])
async def test_ids_are_converted_to_another_format_and_back(world: ExchangeWorld, client: Client, format_: str) -> None:
    await world.meet(attendees=[VMR_EWS])
    item = await client.newest()
    there = await convert(world, "EwsId", item.id, format_)
    assert await convert(world, format_, there, "EwsId") == item.id
    assert (format_ == "HexEntryId") is (there == base64.b64decode(item.id).hex().upper())


async def convert(world: ExchangeWorld, given: str, text: str, wanted: str) -> str:
    body = (
        f'<m:ConvertId DestinationFormat="{wanted}"><m:SourceIds>'
        f'<t:AlternateId Format="{given}" Id="{text}" Mailbox="{VMR_EWS}"/></m:SourceIds></m:ConvertId>'
    )
    answer = await soap.post(world, soap.envelope(body))
    assert soap.texts(answer, "ResponseCode") == ["NoError"]
    return soap.attributes(answer, "AlternateId")["Id"]


async def test_a_request_without_a_version_counts_as_exchange_2007(world: ExchangeWorld) -> None:
    body = soap.GET_INBOX.replace(
        "</t:BaseShape>",
        "</t:BaseShape><t:AdditionalProperties>"
        '<t:FieldURI FieldURI="folder:DistinguishedFolderId"/></t:AdditionalProperties>',
    )
    assert soap.texts(await soap.post(world, soap.envelope(body)), "DistinguishedFolderId") == ["inbox"]
    refused = await soap.post(world, soap.envelope(body, version=""))
    assert soap.texts(refused, "ResponseCode") == ["ErrorInvalidPropertyRequest"]


class Colour(ExtendedProperty):
    property_set_id = "c11ff724-aa03-4555-9952-8fa248a11c3e"
    property_name = "Colour"
    property_type = "String"


class Marks(ExtendedProperty):
    distinguished_property_set_id = "PublicStrings"
    property_name = "Marks"
    property_type = "StringArray"


@pytest.fixture
def _own_properties() -> Iterator[None]:
    for model in (Message, CalendarItem):
        model.register("colour", Colour)
        model.register("marks", Marks)
    yield
    for model in (Message, CalendarItem):
        model.deregister("colour")
        model.deregister("marks")


@pytest.mark.usefixtures("_own_properties")
async def test_any_extended_property_of_mail_is_stored(client: Client) -> None:
    def work() -> tuple[str, list[str], list[str]]:
        account = client.mailbox()
        draft = Message(account=account, folder=account.drafts, subject="Hello", colour="red", marks=["a", "b"])
        draft.save()
        draft.colour = "blue"
        draft.save(update_fields=["colour"])
        read = account.drafts.get(subject="Hello")
        found = account.drafts.filter(colour="blue").values_list("subject", flat=True)
        return read.colour, read.marks, list(found)

    assert await client.do(work) == ("blue", ["a", "b"], ["Hello"])


@pytest.mark.usefixtures("_own_properties")
async def test_any_extended_property_of_a_calendar_item_is_stored_and_removed(client: Client) -> None:
    def work() -> tuple[str | None, str | None, list[str] | None]:
        account = client.mailbox()
        start, end = at(2030, 3, 4, 9), at(2030, 3, 4, 10)
        item = CalendarItem(
            account=account, folder=account.calendar, subject="Review", start=start, end=end, colour="red", marks=["a"]
        )
        item.save()
        before = account.calendar.get(subject="Review").colour
        item.colour = None
        item.save(update_fields=["colour"])
        read = account.calendar.get(subject="Review")
        return before, read.colour, read.marks

    assert await client.do(work) == ("red", None, ["a"])
