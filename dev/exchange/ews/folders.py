"""The EWS operation GetFolder."""

from dev.exchange.ews import parts
from dev.exchange.ews.call import NAMES, PARENTS, ROOTS, Call, Folder
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.shapes import Properties, Shape, read, render
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m
from dev.exchange.store import CALENDAR

_DEFAULT = frozenset(f"folder:{name}" for name in ("DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"))
#: The elements and classes of special folders. All other folders contain mail.
_KINDS = {
    CALENDAR: ("CalendarFolder", "IPF.Appointment"),
    "contacts": ("ContactsFolder", "IPF.Contact"),
    "tasks": ("TasksFolder", "IPF.Task"),
    "journal": ("Folder", "IPF.Journal"),
    "notes": ("Folder", "IPF.StickyNote"),
    **dict.fromkeys((*ROOTS, "searchfolders"), ("Folder", None)),
}


def shape(call: Call) -> Shape:
    """The FolderShape in a request; raises `EwsError`."""
    return read(child(call.body, "FolderShape", M), call.version, default=_DEFAULT)


def get_folder(call: Call) -> list[Element]:
    """Handle a GetFolder request, with one response message for each folder, in order."""
    wanted = shape(call)
    return [_answer(call, each, wanted) for each in children(child(call.body, "FolderIds", M))]


def _answer(call: Call, wanted: Element, wanted_shape: Shape) -> Element:
    try:
        folder = call.folder(wanted)
    except EwsError as error:
        return error_message("GetFolder", error)
    return response_message("GetFolder", m("Folders", element(call, folder, wanted_shape)))


def element(call: Call, folder: Folder, wanted: Shape) -> Element:
    """A folder element with the requested properties."""
    tag, _ = _KINDS.get(folder.name, ("Folder", ""))
    identity = parts.folder_id(folder.owner.guid, folder.name, change=1)
    return render(tag, identity, _properties(call, folder), wanted)


def value(call: Call, folder: Folder, uri: str) -> object:
    """The source of a property's value; None if the folder has no such property."""
    return _properties(call, folder).get(uri)


def _properties(call: Call, folder: Folder) -> Properties:
    owner, name = folder.owner.guid, folder.name
    store = call.exchange.store
    inside = store.messages(owner, name)
    holds_mail = name not in _KINDS
    return {
        "folder:ParentFolderId": lambda: parts.folder_id(owner, PARENTS.get(name, "root"), "ParentFolderId", change=1),
        "folder:FolderClass": _KINDS.get(name, ("", "IPF.Note"))[1],
        "folder:DisplayName": NAMES[name],
        "folder:TotalCount": len(store.events(owner)) if name == CALENDAR else len(inside),
        "folder:ChildFolderCount": sum(parent == name for parent in PARENTS.values()),
        "folder:DistinguishedFolderId": name,
        "folder:UnreadCount": sum(not item.is_read for item in inside) if holds_mail else None,
    }
