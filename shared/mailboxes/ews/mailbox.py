"""An equipment mailbox that is accessed through EWS."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from exchangelib.properties import ItemId, RecurringMasterItemId

from shared.calendar.conference import Calendar, Occurrence
from shared.calendar.request import Answer, CalendarItem, Kind, MeetingRequest, Shape
from shared.mailboxes.ews import address_book, operations, payloads, views
from shared.mailboxes.ews.failures import EwsIdMalformed, EwsMailboxClosed, EwsMeetingCancelled, EwsSyncStateLost
from shared.mailboxes.ews.node import Node
from shared.mailboxes.ews.references import ItemReference, MessageId
from shared.mailboxes.ews.server import EwsLogin
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

T = TypeVar("T")


class EwsMailbox:
    """A Mailbox accessed through EWS. With `impersonate`, the account acts as the mailbox; otherwise it uses its own
    rights.
    """

    def __init__(self, login: EwsLogin, address: str, *, impersonate: bool = True) -> None:
        self._login = login
        self._address = address
        self._impersonate = impersonate

    async def _call(self, work: Callable[..., T], *args: object, **more: object) -> T:
        return await self._login.call(
            self._address, lambda account: work(account, *args, **more), impersonate=self._impersonate
        )

    async def read(self, message_id: str) -> MeetingRequest | None:
        """See Mailbox.read. Takes one call for both message and calendar item if the hints in the id are right,
        otherwise two.
        """
        known = MessageId.parse(message_id)
        hinted = _ids(known.calendar_item, occurrence=known.is_occurrence) if known.calendar_item else []
        message, *rest = await self._call(operations.read, ItemId(id=known.ews_id), *hinted)
        if message is None:
            raise MessageNotFound("There is no such message.")
        if payloads.kind_of(message) is None:
            return None
        wanted = payloads.associated(message)
        if wanted and (wanted != known.calendar_item or not any(rest)):
            rest = await self._call(operations.read, *_ids(wanted, occurrence=payloads.is_occurrence(message)))
        item = rest[0] if wanted and rest else None
        if item and payloads.is_series(item) and (original := message.moment("RecurrenceId")):
            return await self._about_one_day(message, message_id, item, original)
        return payloads.meeting_request(message, message_id, item, await self._series_id(item, rest))

    async def _about_one_day(
        self, message: Node, known_as: str, master: Node, original: datetime
    ) -> MeetingRequest | None:
        """The message about one occurrence, for a server that returns the series' master as the message's item
        (grommunio does). The message's recurrence id identifies the occurrence. For a cancellation, the master stands
        in for an occurrence that is no longer in the calendar (CalendarItem.is_stand_in). An invitation to a missing
        occurrence has no item: the occurrence has since been cancelled, or does not exist yet.
        """
        series_id = str(payloads.item_reference(master))
        now_at = message.moment("Start") or original
        if found := await views.occurrence_id(self._call, master, original, now_at):
            [occurrence] = await self._call(operations.read, ItemId(id=found))
            if occurrence:
                return payloads.meeting_request(message, known_as, occurrence, series_id)
        request = payloads.meeting_request(message, known_as, master, series_id)
        if request is None or request.item is None:
            return request
        day = request.day or f"{original.astimezone(request.item.tz):%Y%m%d}"
        if request.kind is Kind.REQUEST:
            return replace(request, item=None, day=day)
        stand_in = replace(request.item, shape=Shape.OCCURRENCE, original_start=original, original_day=day)
        return replace(request, item=stand_in, day=day)

    async def _series_id(self, item: Node | None, read: list[Node | None]) -> str:
        """The id of an occurrence's series master; "" for anything else. Takes a call unless the id came with the
        occurrence.
        """
        if item is None or not payloads.is_occurrence(item):
            return ""
        master = read[1] if len(read) > 1 else None
        if master is None:
            [master] = await self._call(operations.read, RecurringMasterItemId(id=item.id))
        return str(payloads.item_reference(master)) if master else ""

    async def calendar(self, item: CalendarItem, now: datetime, *, late: bool = False) -> Calendar:
        """See Mailbox.calendar."""
        return await read_calendar(item, now, partial(self._instances, item.uid))

    async def _instances(self, uid: str, first: datetime, last: datetime, most: int) -> tuple[Occurrence, ...]:
        found = await views.entries(self._call, uid, first, last, most)
        return tuple(sorted(set(map(payloads.occurrence, found))))

    async def view(self, first: datetime, last: datetime, state: str = "") -> CalendarPage:
        """See Mailbox.view. `state` is the start time of the next page. That page begins with entries already in
        progress at this time.
        """
        nodes, next_ = await views.page(self._call, first, last, datetime.fromisoformat(state) if state else first)
        entries = [entry for node in nodes if (entry := payloads.entry(node))]
        return CalendarPage(entries, next_.isoformat() if next_ else "", next_ or last)

    async def answer(self, item_id: str, answer: Answer, text: str | None) -> None:
        """See Mailbox.answer. `text` is HTML. If the item's id has changed, EWS has sent nothing. The item is then
        looked up and answered under its new id.
        """
        known = ItemReference.parse(item_id)
        respond = partial(self._call, operations.respond, accept=answer is Answer.ACCEPTED, html=text)
        try:
            try:
                await respond(known.ews_id)
            except ItemGone as gone:
                if isinstance(gone, EwsMeetingCancelled) or not (ews_id := await self._found(known)):
                    raise
                await respond(ews_id)
        except ItemGone as gone:
            raise CalendarItemGone("The meeting is no longer in the mailbox's calendar.") from gone

    async def _found(self, known: ItemReference) -> str:
        """The current EWS id of a meeting whose id has changed; "" if the meeting is no longer in the calendar."""
        return await self._call(operations.find, known.global_object_id) if known.global_object_id else ""

    async def item(self, item_id: str) -> CalendarItem | None:
        """See Mailbox.item."""
        known = ItemReference.parse(item_id)
        foreign: EwsIdMalformed | None = None
        try:
            found = await self._call(operations.item, known.ews_id)
        except EwsIdMalformed as error:
            found, foreign = None, error
        if found is None and (ews_id := await self._found(known)):
            found = await self._call(operations.item, ews_id)
        if found is None and foreign:
            raise ForeignItem("The calendar item's id is not an EWS id.") from foreign
        return payloads.calendar_item(found, await self._series_id(found, [])) if found else None

    async def draft(self, mail: Mail) -> str:
        """See Mailbox.draft. If permitted, the draft is created in the organizer's own mailbox and sent from there
        (M8). Its id then refers to the meeting rather than the organizer, because ids are stored.
        """
        save = partial(operations.save_draft, recipients=mail.recipients, subject=mail.subject, html=mail.html)
        # The sender's address goes into a header, which must be ASCII.
        if self._impersonate and mail.sender.isascii() and mail.sender and mail.item_id:
            with suppress(EwsMailboxClosed):
                return f"{mail.item_id}|{await self._login.call(mail.sender, save)}"
        return await self._call(save)

    async def send(self, draft_id: str) -> None:
        """See Mailbox.send. An e-mail that is no longer in Drafts has been sent and given a different id."""
        item_id, _, own_id = draft_id.rpartition("|")
        address, impersonate = self._address, self._impersonate
        if item_id:
            item = await self.item(item_id)
            if item is None or not item.organizer.email:
                return
            address, impersonate = item.organizer.email, True
        draft = await self._login.call(address, lambda a: operations.read_draft(a, own_id), impersonate=impersonate)
        if draft:
            key = draft.attribute("ItemId", "ChangeKey")
            await self._login.call(address, lambda a: operations.send(a, own_id, key), impersonate=impersonate)

    async def addresses(self) -> tuple[str, ...]:
        """See Mailbox.addresses. They come from the address book."""
        return await self._call(address_book.resolve, self._address)

    async def messages_of(self, item: CalendarItem, since: datetime) -> list[str]:
        """See Mailbox.messages_of. Two calls."""
        found = [node for folder in Folder for node in await self._call(operations.arrived, folder, since)]
        ours = [node for node in found if payloads.kind_of(node) and payloads.uid(node) == item.uid]
        ours.sort(key=lambda node: node.moment("DateTimeReceived") or since)
        return list(dict.fromkeys(str(payloads.message_id(message)) for message in ours))

    async def changes(self, folder: Folder, state: str) -> Changes:
        """See Mailbox.changes. Uses SyncFolderItems. Only meeting requests and cancellations are reported; they are
        identified by their item classes.
        """
        try:
            found = await self._call(operations.sync, folder, state)
        except EwsSyncStateLost:
            if not state:
                raise
            found = await self._call(operations.sync, folder, "")
        ids = [str(payloads.message_id(message)) for message in found.messages if payloads.kind_of(message)]
        # A server that claims there is more, but returns nothing and the same state, would go on doing so forever.
        stuck = found.state == state and not found.stirred
        return Changes(list(dict.fromkeys(ids)), found.state, more=found.more and not stuck, stirred=found.stirred)


def _ids(item_id: str, *, occurrence: bool) -> list[ItemId | RecurringMasterItemId]:
    """A calendar item, with its series master if it has one."""
    return [ItemId(id=item_id), *([RecurringMasterItemId(id=item_id)] if occurrence else [])]
