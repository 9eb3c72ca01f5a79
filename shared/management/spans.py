"""Finds the part of a list (shared/record_lists) that answers a query. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from shared.api_paths import CONFIGURATION, CONNECTOR, id_in
from shared.management.filters import Filter, boolean, moment_of
from shared.management.listing import Query
from shared.record_lists.entries import (
    CURRENT,
    DECISIONS,
    DONE,
    FAILED,
    MEETINGS,
    OVER,
    PENDING,
    STARTS,
    first_operation_id,
    start_place,
)

Bound: TypeAlias = Callable[[datetime], str | None]
"""Returns the first position in a list for a given time; None if the positions are too coarse for this."""

_SECOND = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Span:
    """The positions in a list from `first` up to `end` (exclusive). `integration` is the id of the integration whose
    entries are requested, or None for all. `is_searched` means that no list contains exactly the requested entries, so
    every entry has to be checked against the query. `text` is the text to search for.
    """

    list_: str
    first: str = ""
    end: str = ""
    backwards: bool = False
    integration: int | None = None
    is_searched: bool = False
    text: str = ""


def span_by_id(query: Query, list_: str) -> Span | None:
    """The span for a query without filters that is ordered by id; None for any other query."""
    is_all = not (query.filters or query.text) and _is_by(query, "id")
    return Span(list_, backwards=query.order == ("-id",)) if is_all else None


def meeting_span(query: Query) -> Span | None:
    """The span for a query for meetings. Such a query is either for all meetings, ordered by id, or ordered by start
    and filtered by time, state or integration. The entries have to be searched if the query specifies a text, or both a
    state and an integration.
    """
    if query.order and not query.text and _is_by(query, "start"):
        return _by_start(query)
    return span_by_id(query, MEETINGS)


def _by_start(query: Query) -> Span | None:
    values = _values(query.filters, {"is_over", "state", "exchange_connector", "text"}, "start")
    if values is None:
        return None
    list_ = (OVER if boolean(values["is_over"]) else CURRENT) if "is_over" in values else STARTS
    has_both = {"state", "exchange_connector"} <= values.keys()
    if "state" in values and not has_both:
        list_ = f"{list_}-{values['state']}"
    text = values.get("text", "")
    span = Span(list_, backwards=query.order == ("-start",), is_searched=has_both or bool(text), text=text)
    if "exchange_connector" in values:
        named = values["exchange_connector"]
        id_ = int(named) if named.isdecimal() else id_in(named, CONFIGURATION, CONNECTOR)
        if id_ is None:
            return None
        span = replace(span, integration=id_)
    return _bounded(span, query.filters, "start", _start)


def decision_span(query: Query) -> Span | None:
    """The span for a query for operations, ordered by id or time and filtered by time, integration or outcome."""
    if query.text or not (_is_by(query, "id") or _is_by(query, "creation_time")):
        return None
    values = _values(query.filters, {"resource_id", "success", "is_pending"}, "creation_time")
    if values is None or ("resource_id" in values and len(values) > 1):
        return None
    backwards = query.order in (("-id",), ("-creation_time",))
    span = Span(DECISIONS, backwards=backwards)
    if "resource_id" in values:
        span = replace(span, integration=int(values["resource_id"]))
    elif values:
        outcome = _OUTCOMES.get((_switch(values, "success"), _switch(values, "is_pending")))
        if outcome is None:
            return None
        span = replace(span, list_=f"{DECISIONS}-{outcome}")
    return _bounded(span, query.filters, "creation_time", _decision)


_OUTCOMES: Mapping[tuple[bool | None, bool | None], str] = {
    (True, None): DONE, (True, False): DONE, (False, False): FAILED, (None, True): PENDING, (False, True): PENDING,
}  # fmt: skip


def _switch(values: Mapping[str, str], field: str) -> bool | None:
    return boolean(values[field]) if field in values else None


def _is_by(query: Query, field: str) -> bool:
    return query.order in ((), (field,), (f"-{field}",))


def _values(filters: Sequence[Filter], fields: set[str], time: str) -> dict[str, str] | None:
    """The values that a query requires for these fields; None if it has any other condition, except one on a time."""
    values = dict[str, str]()
    for each in filters:
        if not each.path and each.field == time and each.lookup in _BOUNDS:
            continue
        if each.path or each.field not in fields or each.lookup != "exact" or each.field in values:
            return None
        values[each.field] = each.wanted
    return values


_BOUNDS = ("gte", "gt", "lt", "lte")


def _bounded(span: Span, filters: Sequence[Filter], field: str, place: Bound) -> Span | None:
    """The span, limited by the filters on a time; None if a time is too precise for the list's positions."""
    for each in filters:
        if each.field != field:
            continue
        try:
            moment = moment_of(each.wanted) + (_NEXT if each.lookup in ("gt", "lte") else timedelta(0))
            found = place(moment)
        except (ValueError, OverflowError):
            return None
        if found is None:
            return None
        if each.lookup in ("gte", "gt"):
            span = replace(span, first=max(span.first, found))
        else:
            span = replace(span, end=min(span.end or found, found))
    return span


_NEXT = timedelta(microseconds=1)
"""The resolution of times."""


def _start(moment: datetime) -> str:
    """The position of a start time, rounded up because meetings start at whole seconds. A whole hour is shortened to
    the key at which the section for that hour begins.
    """
    place = start_place(moment + (_SECOND - _NEXT))
    return place[:-4] if place.endswith("0000") else place


def _decision(moment: datetime) -> str | None:
    return None if moment.microsecond % 1000 else f"{first_operation_id(moment):016}"
