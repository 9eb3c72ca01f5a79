"""Messages and mail folders."""

from aiohttp import web

from dev.exchange.calendar import Entry
from dev.exchange.graph import query as options
from dev.exchange.graph.call import Call, find_folder
from dev.exchange.graph.errors import GraphError, bad_request, not_found
from dev.exchange.graph.events_json import event, told
from dev.exchange.graph.ids import folder_id
from dev.exchange.graph.messages_json import extended_properties, message, message_id, selected_message
from dev.exchange.graph.shapes import Json, lowered, page, selected
from dev.exchange.model import Message
from dev.exchange.store import DELETED, FOLDERS

_EVENT_PATH = "microsoft.graph.eventmessage/event"


async def get_message(call: Call) -> web.Response:
    """GET a message, with its event if requested."""
    options.allow_only(call.query, "$select", "$expand")
    if call.exchange.faults.message_lags():
        raise not_found()
    shown = _expanded(call, call.message)
    context = call.view.context("messages/$entity")
    return call.answer({"@odata.context": context, **shown})


async def list_messages(call: Call) -> web.Response:
    """GET the messages in a folder or in the whole mailbox, newest first."""
    options.allow_only(call.query, "$select", "$expand", "$top", "$skip", "$filter", "$orderby", "$count")
    folder = call.folder if "folder" in call.params else None
    found = call.exchange.store.messages(call.owner.guid, folder)
    found.sort(key=lambda item: item.received, reverse=not _oldest_first(call))
    condition = call.query.get("$filter")
    found = [item for item in found if not condition or options.matches(message(item, call.view), condition)]
    size = options.number(call.query, "$top", call.prefer.page_size or 10, options.LARGEST_PAGE)
    skip = options.number(call.query, "$skip", 0)
    shown = [_expanded(call, item, in_list=True) for item in found[skip : skip + size]]
    path = f"mailFolders('{folder}')/messages" if folder else "messages"
    return call.answer(page(call.view.context(path), shown, _next(call, skip + size, len(found))))


def _oldest_first(call: Call) -> bool:
    order = call.query.get("$orderby", "receivedDateTime desc").split()
    if order[0] != "receivedDateTime":
        raise bad_request(f"Ordering by '{order[0]}' is not supported here.")
    return order[1:] != ["desc"]


def _next(call: Call, skip: int, total: int) -> str | None:
    if skip >= total:
        return None
    return str(call.request.url.update_query({"$skip": str(skip)}))


def _expanded(call: Call, item: Message, *, in_list: bool = False) -> Json:
    shown = selected_message(item, call.view, options.select(call.query.get("$select")))
    for wanted in options.expand(call.query.get("$expand")):
        if wanted.name.casefold() == "singlevalueextendedproperties":
            shown["singleValueExtendedProperties"] = extended_properties(item, wanted.options.get("$filter", ""))
        elif wanted.name.casefold() == _EVENT_PATH:
            _refuse_expansion(call)
            shown |= _event(call, item, wanted, in_list=in_list)
        else:
            raise bad_request(f"Could not find a property named '{wanted.name}' on type 'microsoft.graph.message'.")
    return shown


def _refuse_expansion(call: Call) -> None:
    """An error that Graph occasionally returns for meeting messages (docs-contrib issue 8064) and for ordinary mail
    (issue 5995).
    """
    if fault := call.exchange.faults.for_expansion():
        code = "InternalServerError" if fault.status == 500 else "RequestBroker--ParseUri"
        raise GraphError(fault.status, code, "Error while processing response.")


def _event(call: Call, item: Message, wanted: options.Expand, *, in_list: bool) -> Json:
    if item.letter.part is None:
        return {}
    entry = _entry(call, item)
    if entry is None:
        if in_list:
            # If the event of a single message has been deleted, the whole page fails (docs-contrib issue 8064).
            raise GraphError(500, "InternalServerError", "Error while processing response.")
        return {"event": None if call.exchange.variants.gone_event_is_null else {}}
    identity = message_id(item, call.view)
    context = call.view.context(f"messages('{identity}')/microsoft.graph.eventMessage/event/$entity")
    shown = told(event(entry, call.view), call.exchange.variants, wanted.select)
    return {"event@odata.context": context, "event": selected(shown, wanted.select)}


def _entry(call: Call, item: Message) -> Entry | None:
    """A meeting message's calendar item. It may lag behind the message."""
    part = item.letter.part
    if part is None or call.exchange.faults.event_lags():
        return None
    return call.exchange.entry_for(item.owner, part.meeting)


async def get_event_of_message(call: Call) -> web.Response:
    """GET a meeting message's event."""
    options.allow_only(call.query, "$select")
    item = call.message
    if item.letter.part is None:
        raise bad_request("Cannot apply the type cast 'microsoft.graph.eventMessage' to this message.")
    entry = _entry(call, item)
    if entry is None:
        raise not_found()
    identity = message_id(item, call.view)
    context = call.view.context(f"messages('{identity}')/microsoft.graph.eventMessage/event/$entity")
    wanted = options.select(call.query.get("$select"))
    shown = selected(told(event(entry, call.view), call.exchange.variants, wanted), wanted)
    return call.answer({"@odata.context": context, **shown})


async def move_message(call: Call) -> web.Response:
    """POST move. The response is the message in its new folder."""
    item, wanted = call.message, lowered(await call.document())
    destination = wanted.get("destinationid")
    if not isinstance(destination, str):
        raise bad_request("'destinationId' is required.", "ErrorInvalidParameter")
    call.exchange.store.move_message(item, find_folder(call.owner, destination))
    return call.answer({"@odata.context": call.view.context("messages/$entity"), **message(item, call.view)}, 201)


async def delete_message(call: Call) -> web.Response:
    """DELETE a message. The message is moved to Deleted Items, or deleted permanently if it is already there. This has
    not been confirmed against a live tenant.
    """
    item = call.message
    if item.folder == DELETED:
        call.exchange.store.delete_message(item)
    else:
        call.exchange.store.move_message(item, DELETED)
    return call.done(204)


async def get_folder(call: Call) -> web.Response:
    """GET a mail folder."""
    folder = call.folder
    return call.answer({"@odata.context": call.view.context("mailFolders/$entity"), **_folder(call, folder)})


async def list_folders(call: Call) -> web.Response:
    """GET the mail folders."""
    return call.answer(page(call.view.context("mailFolders"), [_folder(call, folder) for folder in FOLDERS]))


def _folder(call: Call, folder: str) -> Json:
    inside = call.exchange.store.messages(call.owner.guid, folder)
    return {
        "id": folder_id(call.owner.guid, folder),
        "displayName": FOLDERS[folder],
        "parentFolderId": folder_id(call.owner.guid, "msgfolderroot"),
        "childFolderCount": 0,
        "unreadItemCount": sum(not item.is_read for item in inside),
        "totalItemCount": len(inside),
        "isHidden": False,
    }


ROUTES = {
    "GET users/{user}/messages": list_messages,
    "GET users/{user}/mailFolders/{folder}/messages": list_messages,
    "GET users/{user}/messages/{message}": get_message,
    "GET users/{user}/mailFolders/{folder}/messages/{message}": get_message,
    "GET users/{user}/messages/{message}/microsoft.graph.eventMessage/event": get_event_of_message,
    "POST users/{user}/messages/{message}/move": move_message,
    "DELETE users/{user}/messages/{message}": delete_message,
    "GET users/{user}/mailFolders": list_folders,
    "GET users/{user}/mailFolders/{folder}": get_folder,
}
