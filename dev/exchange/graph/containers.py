"""Changes to the properties of calendars and mail folders."""

from aiohttp import web

from dev.exchange.graph import query as options
from dev.exchange.graph.call import Call
from dev.exchange.graph.errors import bad_request
from dev.exchange.graph.messages import get_folder
from dev.exchange.graph.shapes import Json, lowered, selected

_COLORS = ("auto", "lightBlue", "lightGreen", "lightOrange", "lightGray", "lightYellow", "lightTeal", "lightPink")


async def get_calendar(call: Call) -> web.Response:
    """GET the calendar."""
    options.allow_only(call.query, "$select")
    shown = selected(_calendar(call), options.select(call.query.get("$select")))
    return call.answer({"@odata.context": call.view.context("calendar/$entity"), **shown})


async def change_calendar(call: Call) -> web.Response:
    """PATCH the calendar. A color is accepted and ignored."""
    given = lowered(await call.document())
    if given.keys() != {"color"} or given["color"] not in _COLORS:
        raise bad_request("Only a calendar's color can be changed here.", "ErrorInvalidParameter")
    return await get_calendar(call)


async def change_folder(call: Call) -> web.Response:
    """PATCH a mail folder. Extended properties are accepted and ignored. A well-known folder cannot be renamed."""
    given = lowered(await call.document())
    properties = given.get("singlevalueextendedproperties")
    named = isinstance(properties, list) and all({"id", "value"} <= set(map(str, each)) for each in properties)
    if not named or given.keys() != {"singlevalueextendedproperties"}:
        raise bad_request("Only extended properties of a folder can be changed here.", "ErrorInvalidParameter")
    return await get_folder(call)


def _calendar(call: Call) -> Json:
    return {
        "id": f"calendar-of-{call.owner.guid}",
        "name": "Calendar",
        "color": "auto",
        "isDefaultCalendar": True,
        "canEdit": True,
        "owner": {"name": call.owner.name, "address": call.exchange.directory.primary(call.owner)},
    }


ROUTES = {
    "GET users/{user}/calendar": get_calendar,
    "PATCH users/{user}/calendar": change_calendar,
    "PATCH users/{user}/mailFolders/{folder}": change_folder,
}
