"""An accepted EWS request, with methods for resolving the ids in it."""

from dataclasses import dataclass

from dev.exchange.calendar import Entry, occurrence, whole
from dev.exchange.directory import User
from dev.exchange.ews import ids
from dev.exchange.ews.access import Actor, check_access
from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.xml import Element, child, children, local, text
from dev.exchange.model import Event, Message
from dev.exchange.state import Exchange
from dev.exchange.store import CALENDAR, FOLDERS

Thing = Message | Entry

#: Well-known folders that contain other folders.
ROOTS = {"root": "", "msgfolderroot": "Top of Information Store"}
#: Well-known folders that are always empty here.
EMPTY = {"contacts": "Contacts", "journal": "Journal", "junkemail": "Junk Email", "notes": "Notes", "outbox": "Outbox",
         "tasks": "Tasks"}  # fmt: skip
NAMES = {**FOLDERS, CALENDAR: "Calendar", **EMPTY, "searchfolders": "Finder", **ROOTS}
#: The parent of each well-known folder.
PARENTS = {"msgfolderroot": "root", "searchfolders": "root",
           **dict.fromkeys([*FOLDERS, CALENDAR, *EMPTY], "msgfolderroot")}  # fmt: skip


@dataclass(frozen=True)
class Folder:
    """A well-known folder in a mailbox."""

    owner: User
    name: str


@dataclass
class Call:
    """An operation to carry out. ``body`` is its element in the SOAP body, and ``version`` the client's version."""

    exchange: Exchange
    actor: Actor
    body: Element
    version: str

    # --- folders

    def folder(self, element: Element) -> Folder:
        """The folder with the given FolderId or DistinguishedFolderId; raises `EwsError`."""
        if local(element) == "FolderId":
            item = ids.parse(element.get("Id", ""))
            if item.kind != ids.FOLDER:
                raise EwsError("ErrorInvalidIdMalformed")
            return self._known(self._owner(item, "ErrorAccessDenied"), item.key)
        return self._known(self._mailbox(element), element.get("Id", ""))

    def _known(self, owner: User, name: str) -> Folder:
        if name not in NAMES:
            raise EwsError("ErrorFolderNotFound")
        return Folder(owner, name)

    def _mailbox(self, element: Element) -> User:
        address = text(child(element, "Mailbox"), "EmailAddress")
        if not address:
            return self.own_mailbox
        owner = self.exchange.directory.find(address)
        if owner is None:
            raise EwsError("ErrorNonExistentMailbox")
        # Reports differ on the code for a mailbox without access rights: this one or ErrorAccessDenied.
        check_access(self.actor, owner, "ErrorFolderNotFound")
        return owner

    @property
    def own_mailbox(self) -> User:
        """The actor's own mailbox. Raises `EwsError` for a service account, which has no mailbox."""
        if self.actor.user is None:
            raise EwsError("ErrorMissingEmailAddress")
        return self.actor.user

    # --- items

    def item(self, element: Element) -> Thing:
        """The item with the given ItemId, OccurrenceItemId, RecurringMasterItemId or ReferenceItemId; raises
        `EwsError`.
        """
        kind = local(element)
        if kind == "OccurrenceItemId":
            return self._by_index(element)
        found = ids.parse(element.get("OccurrenceId" if kind == "RecurringMasterItemId" else "Id", ""))
        owner = self._owner(found, "ErrorItemNotFound")
        if found.kind == ids.MESSAGE and kind != "RecurringMasterItemId":
            return self._message(owner, found)
        if found.kind == ids.EVENT:
            event = self._event(owner, found.key)
            return whole(event) if kind == "RecurringMasterItemId" else self._entry(event, found)
        raise EwsError("ErrorInvalidIdMalformed")

    def owner_of(self, thing: Thing) -> User:
        """The mailbox that an item's id belongs to; raises `EwsError`."""
        return self._owner(thing_id(thing), "ErrorItemNotFound")

    def _message(self, owner: User, item: ids.ItemId) -> Message:
        message = self.exchange.store.message(owner.guid, item.key)
        if message is None or message.moves != item.moves:
            raise EwsError("ErrorItemNotFound")
        return message

    def _event(self, owner: User, key: str) -> Event:
        event = self.exchange.store.event_by_key(owner.guid, key)
        if event is None:
            raise EwsError("ErrorItemNotFound")
        return event

    @staticmethod
    def _entry(event: Event, item: ids.ItemId) -> Entry:
        entry = occurrence(event, item.day) if item.day else whole(event)
        if entry is None:
            raise EwsError("ErrorItemNotFound")
        return entry

    def _by_index(self, element: Element) -> Entry:
        found = ids.parse(element.get("RecurringMasterId", ""))
        event = self._event(self._owner(found, "ErrorItemNotFound"), found.key)
        rule, index = event.meeting.recurrence, _whole_number(element.get("InstanceIndex", ""))
        if rule is None:
            raise EwsError("ErrorCalendarCannotUseIdForRecurringMasterId", "The item is not a recurring master.")
        day = rule.nth(index - 1) if index > 0 else None
        if day is None:
            message = "Occurrence index is out of recurrence range."
            raise EwsError("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", message)
        entry = occurrence(event, day)
        if entry is None:
            message = "Occurrence with this index was previously deleted from the recurrence."
            raise EwsError("ErrorCalendarOccurrenceIsDeletedFromRecurrence", message)
        return entry

    def _owner(self, item: ids.ItemId, code: str) -> User:
        owner = self.exchange.directory.find(item.owner)
        if owner is None:
            raise EwsError("ErrorInvalidIdMalformed")
        check_access(self.actor, owner, code)
        return owner


def only(parent: Element | None) -> Element:
    """An element's only child; raises `EwsError` if it has none or several."""
    found = children(parent)
    if not found:
        raise EwsError("ErrorSchemaValidation")
    return found[0]


def _whole_number(written: str) -> int:
    if not written.isdecimal():
        raise EwsError("ErrorSchemaValidation")
    return int(written)


def thing_id(thing: Thing) -> ids.ItemId:
    """The id of a message, a calendar item or an occurrence."""
    if isinstance(thing, Message):
        return ids.ItemId(ids.MESSAGE, thing.owner, thing.key, thing.moves)
    return ids.ItemId(ids.EVENT, thing.event.owner, thing.event.key, day=thing.day)


def change_of(thing: Thing) -> str:
    """The change key of an item or folder."""
    return ids.change_key(thing.change if isinstance(thing, Message) else thing.event.change)
