"""FindItem, which returns a folder's items in pages, or the calendar items between two times (CalendarView)."""

from datetime import datetime, timedelta

from dev.exchange.calendar import Entry, instances, overlaps, whole
from dev.exchange.ews import render
from dev.exchange.ews.call import Call, Folder, Thing
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.restriction import matches, sort_key
from dev.exchange.ews.shapes import Shape
from dev.exchange.ews.sync import inside
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m, moment, t
from dev.exchange.store import CALENDAR

#: The maximum number of items in a response, and in a search result (EWSFindCountLimit, "EWS throttling in Exchange").
LARGEST, LARGEST_SEARCH = 1000, 250
_LONGEST_VIEW = timedelta(days=731)


def find_item(call: Call) -> list[Element]:
    """Handle a FindItem request, with one response message for each folder, in order."""
    shape = render.item_shape(call, in_list=True)
    if call.body.get("Traversal") != "Shallow":
        raise EwsError("ErrorUnsupportedTraversal", "Only shallow traversal is supported here.")
    if child(call.body, "QueryString", M) is not None:
        raise EwsError("ErrorUnsupportedQueryFilter", "Query strings are not supported here.")
    return [_answer(call, wanted, shape) for wanted in children(child(call.body, "ParentFolderIds", M))]


def _answer(call: Call, wanted: Element, shape: Shape) -> Element:
    view = child(call.body, "CalendarView", M)
    try:
        folder = call.folder(wanted)
        found = _paged(call, folder, shape) if view is None else _viewed(call, folder, view, shape)
    except EwsError as error:
        return error_message("FindItem", error)
    return response_message("FindItem", found)


# --- pages


def _paged(call: Call, folder: Folder, shape: Shape) -> Element:
    found = _ordered(call, _restricted(call, inside(call, folder)))
    view = child(call.body, "IndexedPageItemView", M)
    limit = LARGEST if child(call.body, "Restriction", M) is None else LARGEST_SEARCH
    if view is None:
        size, start = len(found), 0
        _check_count(size, limit)
    else:
        size, start = min(_number(view, "MaxEntriesReturned", limit), limit), _number(view, "Offset", 0)
    if view is not None and view.get("BasePoint") == "End":
        found.reverse()
    end = min(start + size, len(found))
    shown = [render.element(call, thing, shape) for thing in found[start:end]]
    paging = {"TotalItemsInView": len(found), "IncludesLastItemInRange": end >= len(found)}
    return m("RootFolder", {"IndexedPagingOffset": end, **paging}, t("Items", *shown))


def _restricted(call: Call, things: list[Thing]) -> list[Thing]:
    conditions = children(child(call.body, "Restriction", M))
    return [thing for thing in things if all(matches(call, thing, condition) for condition in conditions)]


def _ordered(call: Call, things: list[Thing]) -> list[Thing]:
    """The items in the requested order. The default is newest first. Exchange usually returns this order, but does not
    guarantee it.
    """
    found = list(reversed(things))
    for order in reversed(children(child(call.body, "SortOrder", M))):
        found.sort(key=lambda thing: sort_key(call, thing, order), reverse=order.get("Order") == "Descending")
    return found


# --- calendar views


def _viewed(call: Call, folder: Folder, view: Element, shape: Shape) -> Element:
    if folder.name != CALENDAR:
        raise EwsError("ErrorCalendarFolderIsInvalidForCalendarView", "The folder is not a calendar.")
    if child(call.body, "Restriction", M) is not None:
        raise EwsError("ErrorInvalidRestriction", "CalendarView cannot be combined with a restriction.")
    start, end = moment(view.get("StartDate")), moment(view.get("EndDate"))
    if start is None or end is None:
        raise EwsError("ErrorSchemaValidation")
    _check_range(start, end)
    found = _entries(call, folder, start, end)
    most = _number(view, "MaxEntriesReturned", 0)
    _check_count(min(most or len(found), len(found)), LARGEST)
    shown = [render.element(call, entry, shape) for entry in found[: most or None]]
    paging = {"TotalItemsInView": len(found), "IncludesLastItemInRange": len(shown) == len(found)}
    return m("RootFolder", paging, t("Items", *shown))


def _entries(call: Call, folder: Folder, start: datetime, end: datetime) -> list[Entry]:
    """The calendar items in a window, ordered by time. Cancelled items are included as long as they exist."""
    found: list[Entry] = []
    for event in call.exchange.store.events(folder.owner.guid):
        if event.meeting.recurrence and call.exchange.ews.expands_views:
            found += instances(event, start, end, with_cancelled=True)
        elif overlaps(event.meeting, start, end) or (event.meeting.recurrence and event.meeting.start < end):
            found.append(whole(event))
    return sorted(found, key=lambda entry: entry.meeting.start)


def _check_range(start: datetime, end: datetime) -> None:
    if end < start:
        raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate.")
    if end - start > _LONGEST_VIEW:
        message = "The specified view range exceeds the maximum range of two years."
        raise EwsError("ErrorCalendarViewRangeTooBig", message)


def _check_count(count: int, limit: int) -> None:
    # As reported in ews-java-api issue 310 and php-ews issue 143.
    if count > limit:
        message = (
            "You have exceeded the maximum number of objects that can be returned for the find operation. Use paging "
            "to reduce the result size and try your request again."
        )
        raise EwsError("ErrorExceededFindCountLimit", message)


def _number(view: Element, name: str, default: int) -> int:
    written = view.get(name, str(default))
    if not written.isdigit():
        raise EwsError("ErrorInvalidPagingMaxRows", "Paging values must be positive numbers.")
    return int(written)
