"""An equipment mailbox in Exchange Online."""

import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from shared.calendar.conference import Calendar
from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Shape
from shared.mailboxes.arrivals import Arrived
from shared.mailboxes.graph.client import GraphClient, get_whole
from shared.mailboxes.graph.error_mapping import MALFORMED_ID, TOO_LARGE, GraphError, RefusedForNow, ServerError
from shared.mailboxes.graph.event_payload import EVENT_BUT_BODY
from shared.mailboxes.graph.events import GraphEvents, expanding
from shared.mailboxes.graph.message_payload import (
    CLEAN_GLOBAL_OBJECT_ID,
    GLOBAL_OBJECT_IDS,
    MESSAGE_BUT_BODY,
    Message,
    parse_message,
)
from shared.mailboxes.graph.other_payloads import CalendarOwner, DirectoryUser, Draft, Page, parse_changes
from shared.mailboxes.graph.payload import parse
from shared.mailboxes.horizon import read_calendar
from shared.mailboxes.mailbox import (
    CalendarItemGone,
    CalendarPage,
    Changes,
    Folder,
    ForeignItem,
    ItemGone,
    Mail,
    MessageNotFound,
)

log = logging.getLogger(__name__)

_FORGOTTEN = {"syncstatenotfound", "syncstateinvalid", "resyncrequired", "foreignlink"}
"""Error codes for a state that can no longer be used, in lower case because Graph's capitalization varies.

The last code is raised by the client itself, for a state issued by a different Graph endpoint before GRAPH_BASE_URL
changed.
"""

_EVENT = "microsoft.graph.eventMessage/event"
_PAGE_SIZE = 100
_SEARCHED_PAGES, _SEARCHED_PAGE_SIZE = 20, 500
"""Limits on the search for a meeting's messages. Each message takes a few hundred bytes."""


class GraphMailbox:
    """A Mailbox accessed through Graph. Every URL contains the configured `address`, never one from a response."""

    def __init__(self, client: GraphClient, address: str) -> None:
        self._client = client
        self._root = f"/users/{quote(address, safe='@')}"
        self._events = GraphEvents(client, self._root)

    async def read(self, message_id: str) -> MeetingRequest | None:
        """See Mailbox.read. Normally reads the message and its event in one call."""
        path = f"{self._root}/messages/{quote(message_id, safe='')}"
        try:
            payload = await self._message(path)
        except GraphError as error:
            if isinstance(error, ItemGone) or error.error_code == MALFORMED_ID:
                raise MessageNotFound("There is no such message.") from error
            raise
        # The requested id is kept even if Graph returns a different one, because records and repeated notices use it.
        request = parse_message({**payload, "id": message_id}).request()
        if request and request.item:
            return replace(request, item=await self._events.completed(request.item))
        if request and request.kind is Kind.CANCELLATION and not request.uid:
            return await self._with_ids(request, path)
        return request

    async def _with_ids(self, request: MeetingRequest, path: str) -> MeetingRequest:
        """Complete a cancellation whose event is already gone, because of RemoveCanceledMeetings or because somebody
        has deleted it.
        """
        message = parse_message(await self._client.get(path, {"$select": "id", **expanding(*GLOBAL_OBJECT_IDS)}))
        return replace(request, uid=message.uid(), day=message.day())

    async def _message(self, path: str) -> Any:
        """A message with its event. The two are read separately if they are too large together, or if Graph refuses to
        return them together. Graph may refuse with 400 or 500, for meeting messages as well as ordinary mail
        (docs/facts/graph-delta.md).
        """
        try:
            return await self._client.get(path, {"$expand": _EVENT})
        except ServerError as error:
            if error.status != 500:
                raise
        except GraphError as error:
            if error.status != 400 and error.error_code != TOO_LARGE:
                raise
        message = await get_whole(self._client, path, MESSAGE_BUT_BODY)
        if parse_message(message).request() is None:
            return message
        try:
            return {**message, "event": await get_whole(self._client, f"{path}/{_EVENT}", EVENT_BUT_BODY)}
        except ItemGone:
            return message

    async def calendar(self, item: CalendarItem, now: datetime, *, late: bool = False) -> Calendar:
        """See Mailbox.calendar.

        Some servers are reported to omit exceptions from a series' occurrences. A series that was sent only a moment
        ago is unlikely to have exceptions, so in that case they are not read separately.
        """
        is_new = item.shape is Shape.SERIES and item.answer is Answer.NONE and item.occurrence.start > now and not late
        instances = self._events.instances if is_new else self._events.instances_with_exceptions
        return await read_calendar(item, now, partial(instances, item.series_id))

    async def view(self, first: datetime, last: datetime, state: str = "") -> CalendarPage:
        """See Mailbox.view. `state` is Graph's own link."""
        return await self._events.view(first, last, state)

    async def answer(self, item_id: str, answer: Answer, text: str | None) -> None:
        """See Mailbox.answer. Graph refuses a comment without a response, so neither is sent if `text` is None."""
        verb = "accept" if answer is Answer.ACCEPTED else "decline"
        body = {"sendResponse": False} if text is None else {"comment": text, "sendResponse": True}
        try:
            await self._client.post(f"{self._root}/events/{quote(item_id, safe='')}/{verb}", body)
        except ItemGone as gone:
            raise CalendarItemGone("The meeting is no longer in the mailbox's calendar.") from gone

    async def item(self, item_id: str) -> CalendarItem | None:
        """See Mailbox.item."""
        try:
            return await self._events.item(item_id)
        except GraphError as error:
            if error.error_code == MALFORMED_ID:
                raise ForeignItem("The calendar item's id is not a Graph id.") from error
            raise

    async def draft(self, mail: Mail) -> str:
        """See Mailbox.draft. Creates a message in Drafts. Its immutable id stays the same when it is sent."""
        messages = f"{self._root}/messages"
        if mail.calendar:
            return parse(Draft, await self._client.post_mime(messages, _mime(mail))).id
        message = {
            "subject": mail.subject,
            "body": {"contentType": "html", "content": mail.html},
            "toRecipients": [{"emailAddress": {"address": address}} for address in mail.recipients],
        }
        return parse(Draft, await self._client.post(messages, message)).id

    async def send(self, draft_id: str) -> None:
        """See Mailbox.send. A message that is no longer a draft has been sent (and may be gone from Sent Items)."""
        path = f"{self._root}/messages/{quote(draft_id, safe='')}"
        with suppress(ItemGone):
            if parse(Draft, await self._client.get(path, {"$select": "id,isDraft"})).is_draft:
                await self._client.post(f"{path}/send")

    async def addresses(self) -> tuple[str, ...]:
        """See Mailbox.addresses. The addresses come from the directory if the application may read it. Otherwise only
        the address of the calendar's owner is known.

        The directory looks users up by id or sign-in name, and an equipment mailbox's address may not be its sign-in
        name.
        """
        try:
            user = await self._client.get(self._root, {"$select": "mail,proxyAddresses"})
            return parse(DirectoryUser, user).addresses
        except (RefusedForNow, GraphError):
            calendar = await self._client.get(f"{self._root}/calendar", {"$select": "owner"})
            return parse(CalendarOwner, calendar).addresses

    async def changes(self, folder: Folder, state: str) -> Changes:
        """See Mailbox.changes. Uses delta queries. `state` is Graph's own link, and is followed unchanged. A token may
        expire between two pages, so reading may have to start over at any page.
        """
        first = f"{self._root}/mailFolders/{folder}/messages/delta?$select=id"
        try:
            page = await self._page(state or first)
        except GraphError as error:
            if not state or not _is_forgotten(error):
                raise
            page = await self._page(first)
        return parse_changes(page)

    async def arrived(self, since: datetime) -> AsyncIterator[Arrived]:
        """See Arrivals.arrived."""
        query = _since(since) | {"$select": "id,receivedDateTime"}
        link = f"{self._root}/mailFolders/inbox/messages?{urlencode(query)}"
        while link:
            page = parse(Page, await self._page(link))
            messages = [parse_message(entry) for entry in page.value]
            if messages:
                yield Arrived([message.id for message in messages], messages[-1].received_date_time)
            link = page.next_link

    async def messages_of(self, item: CalendarItem, since: datetime) -> list[str]:
        """See Mailbox.messages_of. Each message is requested with its meeting's id, and the filtering is done here. Not
        confirmed against a live tenant: that lists expand the extended property just as reads of single messages do.
        """
        found = [each for folder in Folder for each in await self._with_meetings(folder, since)]
        ours = [message for message in found if message.uid() == item.uid]
        return [message.id for message in sorted(ours, key=lambda message: message.received_date_time)]

    async def _with_meetings(self, folder: Folder, since: datetime) -> list[Message]:
        query = _since(since) | {"$select": "id,receivedDateTime", **expanding(CLEAN_GLOBAL_OBJECT_ID)}
        link, found = f"{self._root}/mailFolders/{folder}/messages?{urlencode(query)}", list[Message]()
        for _ in range(_SEARCHED_PAGES):
            try:
                page = parse(Page, await self._page(link, _SEARCHED_PAGE_SIZE))
            except GraphError as error:
                if error.status != 400:
                    raise
                log.warning("Graph refuses to list messages with their meetings: %s", error)
                break
            found += map(parse_message, page.value)
            if not (link := page.next_link):
                break
        return found

    async def newest(self, most: int) -> list[str]:
        """See Arrivals.newest."""
        query = {"$top": str(most), "$select": "id", "$orderby": "receivedDateTime desc"}
        page = parse(Page, await self._client.get(f"{self._root}/messages", query))
        return [parse_message(entry).id for entry in page.value]

    async def _page(self, path_or_link: str, size: int = _PAGE_SIZE) -> Any:
        """A page of a list."""
        return await self._client.get(path_or_link, prefer=f"odata.maxpagesize={size}", of=self._root)


def _since(moment: datetime) -> dict[str, str]:
    """The query for messages that have arrived since a given time, oldest first."""
    return {
        "$filter": f"receivedDateTime ge {moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "$orderby": "receivedDateTime",
    }


def _is_forgotten(error: GraphError) -> bool:
    """Whether a link has expired. Nothing else can be wrong with a link that is followed as Graph returned it."""
    return error.status in (400, 410) or error.error_code.casefold() in _FORGOTTEN


def _mime(mail: Mail) -> bytes:
    """The e-mail in MIME format, because Graph's JSON cannot represent a calendar part."""
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = " ".join(mail.subject.split())  # a header must be a single line
    message["To"] = ", ".join(mail.recipients)
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    message.add_alternative(mail.calendar, maintype="text", subtype="calendar", params={"method": "REPLY"})
    return message.as_bytes()
