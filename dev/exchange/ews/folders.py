"""GetFolder."""

from dev.exchange.ews import parts
from dev.exchange.ews.call import NAMES, ROOTS, Call, Folder
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.shapes import Properties, Shape, read, render
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m
from dev.exchange.store import CALENDAR

_DEFAULT = frozenset(f"folder:{name}" for name in ("DisplayName", "TotalCount", "ChildFolderCount", "UnreadCount"))


def get_folder(call: Call) -> list[Element]:
    """GetFolder: one response message for each folder, in their order."""
    shape = read(child(call.body, "FolderShape", M), default=_DEFAULT)
    return [_answer(call, wanted, shape) for wanted in children(child(call.body, "FolderIds", M))]


def _answer(call: Call, wanted: Element, shape: Shape) -> Element:
    try:
        folder = call.folder(wanted)
    except EwsError as error:
        return error_message("GetFolder", error, m("Folders"))
    tag = "CalendarFolder" if folder.name == CALENDAR else "Folder"
    identity = parts.folder_id(folder.owner.guid, folder.name, change=1)
    return response_message("GetFolder", m("Folders", render(tag, identity, _properties(call, folder), shape)))


def _properties(call: Call, folder: Folder) -> Properties:
    owner, name = folder.owner.guid, folder.name
    store = call.exchange.store
    inside = store.messages(owner, name)
    parent = {"root": "root", "msgfolderroot": "root"}.get(name, "msgfolderroot")
    return {
        "folder:ParentFolderId": lambda: parts.folder_id(owner, parent, "ParentFolderId", change=1),
        "folder:FolderClass": "IPF.Appointment" if name == CALENDAR else None if name in ROOTS else "IPF.Note",
        "folder:DisplayName": NAMES[name],
        "folder:TotalCount": len(store.events(owner)) if name == CALENDAR else len(inside),
        "folder:ChildFolderCount": len(NAMES) - len(ROOTS) if name == "msgfolderroot" else 0,
        "folder:UnreadCount": None if name == CALENDAR else sum(not item.is_read for item in inside),
        "folder:DistinguishedFolderId": name,
    }
