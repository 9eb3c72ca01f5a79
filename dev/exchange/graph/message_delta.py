"""Delta queries for the messages in a folder."""

from aiohttp import web

from dev.exchange.graph import query as options
from dev.exchange.graph.call import Call
from dev.exchange.graph.delta import Round, Step
from dev.exchange.graph.errors import GraphError, bad_request
from dev.exchange.graph.messages_json import message, odata_type, removed, selected_message
from dev.exchange.graph.shapes import Json

_KINDS = frozenset({"created", "updated", "deleted"})


async def delta(call: Call) -> web.Response:
    """GET the first page or a later page of a delta round."""
    options.allow_only(
        call.query, "$select", "$filter", "$orderby", "$top", "$deltatoken", "$skiptoken", "$deltaToken", "$skipToken"
    )
    token = next(
        (value for name, value in call.query.items() if name.casefold() in ("$deltatoken", "$skiptoken")), None
    )
    size = call.prefer.page_size or options.number(call.query, "$top", 10, options.LARGEST_PAGE)
    step = _begin(call, size) if token is None else call.exchange.delta.go_on(token, size)
    if step is None or (step.round.owner, step.round.folder) != (call.owner.guid, call.folder):
        refusal = call.exchange.delta.forgotten
        raise GraphError(refusal.status, refusal.code, "The sync state generation is not found; start a new round.")
    name = "$deltatoken" if step.done else "$skiptoken"
    link = call.link(
        f"users('{call.owner.guid}')/mailFolders('{call.params['folder']}')/messages/delta", f"{name}={step.token}"
    )
    return call.answer(
        {
            "@odata.context": f"{call.base}/$metadata#Collection(message)",
            "@odata.deltaLink" if step.done else "@odata.nextLink": link,
            "value": [_shown(call, step, key) for key in step.keys],
        }
    )


def _begin(call: Call, size: int) -> Step:
    kinds = frozenset(filter(None, call.query.get("changeType", "").split(",")))
    if not kinds <= _KINDS:
        raise bad_request(f"changeType must be one of {', '.join(sorted(_KINDS))}.")
    store, condition = call.exchange.store, call.query.get("$filter")
    if condition and not condition.startswith("receivedDateTime g"):
        raise bad_request(
            "Delta over messages supports only $filter=receivedDateTime ge|gt.", "ErrorInvalidUrlQueryFilter"
        )
    start = Round(
        owner=call.owner.guid,
        folder=call.folder,
        upto=store.last_change,
        select=call.query.get("$select"),
        filter=condition,
        kinds=kinds,
        immutable=call.prefer.immutable_ids,
    )
    found = store.messages(call.owner.guid, call.folder)
    keys = [item.key for item in found if not condition or options.matches(message(item, call.view), condition)]
    if call.query.get("$orderby") == "receivedDateTime desc":
        keys.reverse()
    return call.exchange.delta.begin(start, keys, size)


def _shown(call: Call, step: Step, key: str) -> Json:
    """A message in its current state, or marked as removed if it has since left the folder."""
    store, owner = call.exchange.store, call.owner.guid
    item = store.message(owner, key)
    if item is None or item.folder != step.round.folder or key in step.round.left:
        last = [change for change in store.changes(owner, step.round.folder, 0) if change.key == key][-1]
        return removed(key, owner, call.view.moves(last.moves))
    shown = selected_message(item, call.view, options.select(step.round.select))
    return {"@odata.type": odata_type(item.letter.kind), **shown}


ROUTES = {"GET users/{user}/mailFolders/{folder}/messages/delta": delta}
