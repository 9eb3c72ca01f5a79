"""FindFolder and SyncFolderHierarchy, which return the folders in a mailbox. In this simulation, all mailboxes have the
same folders.
"""

from dev.exchange.ews import folders
from dev.exchange.ews.call import PARENTS, Call, Folder, only
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.restriction import compares
from dev.exchange.ews.shapes import Shape
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m, t, text

_TRAVERSALS = ("Shallow", "Deep")


def find_folder(call: Call) -> list[Element]:
    """Handle a FindFolder request. It returns the direct subfolders of each given folder, or all its subfolders."""
    shape = folders.shape(call)
    if call.body.get("Traversal") not in _TRAVERSALS:
        raise EwsError("ErrorUnsupportedTraversal", "Only shallow and deep traversal are supported here.")
    return [_found(call, wanted, shape) for wanted in children(child(call.body, "ParentFolderIds", M))]


def _found(call: Call, wanted: Element, shape: Shape) -> Element:
    try:
        parent = call.folder(wanted)
        inside = [each for each in _below(parent, deep=call.body.get("Traversal") == "Deep") if _matches(call, each)]
    except EwsError as error:
        return error_message("FindFolder", error)
    view = child(call.body, "IndexedPageFolderView", M)
    start, most = (0, len(inside)) if view is None else (_number(view, "Offset"), _number(view, "MaxEntriesReturned"))
    end = min(len(inside), start + most)
    shown = [folders.element(call, each, shape) for each in inside[start:end]]
    paging = {"TotalItemsInView": len(inside), "IncludesLastItemInRange": end >= len(inside)}
    return response_message("FindFolder", m("RootFolder", {"IndexedPagingOffset": end, **paging}, t("Folders", *shown)))


def _number(view: Element, name: str) -> int:
    written = view.get(name, "0")
    if not written.isdigit():
        raise EwsError("ErrorInvalidPagingMaxRows", "Paging values must be positive numbers.")
    return int(written)


def _matches(call: Call, folder: Folder) -> bool:
    conditions = children(child(call.body, "Restriction", M))

    def value_of(holder: Element) -> object:
        return folders.value(call, folder, str(only(holder).get("FieldURI", "")))

    return all(compares(condition, value_of) for condition in conditions)


def _below(parent: Folder, *, deep: bool) -> list[Folder]:
    found = []
    for name, above in PARENTS.items():
        if above == parent.name:
            folder = Folder(parent.owner, name)
            found += [folder, *(_below(folder, deep=True) if deep else [])]
    return found


def sync_folder_hierarchy(call: Call) -> list[Element]:
    """Handle a SyncFolderHierarchy request. The first response contains all folders. Later responses contain no
    changes.
    """
    shape = folders.shape(call)
    given = text(call.body, "SyncState", namespace=M)
    where = child(call.body, "SyncFolderId", M)
    try:
        top = call.folder(only(where)) if where is not None else Folder(call.own_mailbox, "msgfolderroot")
        before = call.exchange.ews.states.find(given, top.owner.guid, f"below {top.name}")
    except EwsError as error:
        empty = m("SyncState"), m("IncludesLastFolderInRange", "true")
        return [error_message("SyncFolderHierarchy", error, *empty)]
    new = [] if given else _below(top, deep=True)
    return [
        response_message(
            "SyncFolderHierarchy",
            m("SyncState", call.exchange.ews.states.keep(before, before, given)),
            m("IncludesLastFolderInRange", "true"),
            m("Changes", *(t("Create", folders.element(call, folder, shape)) for folder in new)),
        )
    ]
