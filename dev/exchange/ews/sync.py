"""SyncFolderItems, which returns the changes in a folder since the state sent by the client."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dev.exchange.calendar import whole
from dev.exchange.ews import render
from dev.exchange.ews.call import Call, Folder, Thing, only, thing_id
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.ids import ItemId
from dev.exchange.ews.shapes import Shape
from dev.exchange.ews.sync_states import Seen, State
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m, t, text
from dev.exchange.model import Message
from dev.exchange.store import CALENDAR

#: The maximum number of changes in one response (reference for SyncFolderItems).
LARGEST = 512


@dataclass(frozen=True)
class _Change:
    item: ItemId
    seen: Seen | None
    shown: Callable[[], Element]


def sync_folder_items(call: Call) -> list[Element]:
    """Handle a SyncFolderItems request. It returns at most MaxChangesReturned changes, the state after them, and
    whether there are more.
    """
    shape = render.item_shape(call, in_list=True)
    given = text(call.body, "SyncState", namespace=M)
    most = _most(text(call.body, "MaxChangesReturned", namespace=M))
    states = call.exchange.ews.states
    try:
        folder = call.folder(only(child(call.body, "SyncFolderId", M)))
        before = states.find(given, folder.owner.guid, folder.name)
    except EwsError as error:
        return [error_message("SyncFolderItems", error, m("SyncState"), m("IncludesLastItemInRange", "true"))]
    ignored = {item.get("Id") for item in children(child(call.body, "Ignore", M))}
    waiting = [change for change in _changes(call, folder, before, shape) if change.item.text() not in ignored]
    now = waiting[:most]
    after = _after(before, now)
    shown = [change.shown() for change in now]
    return [
        response_message(
            "SyncFolderItems",
            m("SyncState", states.keep(after, before, given)),
            m("IncludesLastItemInRange", len(waiting) <= most and not call.exchange.ews.never_at_end),
            m("Changes", *shown),
        )
    ]


def _most(written: str) -> int:
    if not written.isdigit() or not 1 <= int(written) <= LARGEST:
        raise EwsError("ErrorSchemaValidation", f"The 'MaxChangesReturned' element is invalid - '{written}'.")
    return int(written)


def _after(before: State, changes: list[_Change]) -> State:
    seen = dict(before.seen)
    for change in changes:
        if change.seen is None:
            seen.pop(change.item)
        else:
            seen[change.item] = change.seen
    return State(before.owner, before.folder, seen)


def _changes(call: Call, folder: Folder, state: State, shape: Shape) -> Iterator[_Change]:
    """Deletions, followed by new and changed items, newest first. The order in a real Exchange is not documented."""
    things = {thing_id(thing): thing for thing in inside(call, folder)}
    for gone in state.seen.keys() - things.keys():
        yield _Change(gone, None, lambda gone=gone: t("Delete", _id(gone)))  # type: ignore[misc]
    for item, thing in reversed(things.items()):
        known, seen = state.seen.get(item), _seen(thing)
        if known != seen:
            yield _Change(item, seen, lambda known=known, seen=seen, thing=thing:  # type: ignore[misc]
                          _told(call, thing, known, seen, shape))  # fmt: skip


def _told(call: Call, thing: Thing, known: Seen | None, seen: Seen, shape: Shape) -> Element:
    if known and known.is_read != seen.is_read and known.content == seen.content:
        return t("ReadFlagChange", _id(thing_id(thing)), t("IsRead", seen.is_read))
    return t("Update" if known else "Create", render.element(call, thing, shape))


def _id(item: ItemId) -> Element:
    return t("ItemId", {"Id": item.text()})


def _seen(thing: Thing) -> Seen:
    if isinstance(thing, Message):
        return Seen(thing.change, thing.is_read, (thing.letter, thing.out_of_date))
    return Seen(thing.event.change, is_read=False, content=(None, False))


def inside(call: Call, folder: Folder) -> list[Thing]:
    """The items in a folder, oldest first: messages, or calendar items with one master per series."""
    store, owner = call.exchange.store, folder.owner.guid
    if folder.name == CALENDAR:
        return [whole(event) for event in store.events(owner)]
    return list(store.messages(owner, folder.name))
