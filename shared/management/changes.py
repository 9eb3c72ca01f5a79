"""`status/v1/change/`: who changed what and when, with the old and new values (W7), and how to revert a change.

    GET  …/change/?exchange_connector=<uri>&who=…&when__gte=…     the newest first
    POST …/change/{id}/revert/                                    passes the same checks as any save: reverting.py

A page is a range of keys, so its cost does not grow with the total. Other filters are applied to the changes on the
page. `next` refers to the last change before the next page; `offset` is a number of changes to skip. `total_count`
includes at most as many changes after the page as can be read in one request. If there are more, `next` is set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode

from shared.api_paths import CONFIGURATION, CONNECTOR, STATUS, uri
from shared.changes import ChangeLog, ChangeState, Search
from shared.errors import InvalidRequest, NotFound
from shared.management.filters import Filter
from shared.management.listing import MAX_LIMIT, SEARCHED, Query
from shared.management.resource import TIME, Action, Object, Schema, Shown, id_of
from shared.management.reverting import REVERT_BODY, Reverting

CHANGE = "change"
_TEXT: Schema = {"type": "string", "readOnly": True}
_LINK: Schema = {"type": "string", "format": "uri-reference", "readOnly": True}
_FIELDS: Schema = {"type": ["object", "null"], "readOnly": True}
SCHEMA: Schema = {
    "type": "object",
    SEARCHED: ["name", "who", "target", "action"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "when": {**TIME, "description": "When the change began, in UTC, without an offset."},
        "who": {**_TEXT, "description": "A user name, or the name or id of an application."},
        "action": {**_TEXT, "description": "`create`, `change`, `delete`, or the name of an action such as `close`."},
        "target": {
            **_LINK, "description": "The object that was changed; the URI of its list if its creation was interrupted.",
        },
        "exchange_connector": {
            **_LINK, "type": ["string", "null"],
            "description": "The integration that was changed, or to which the object belongs.",
        },
        "name": {**_TEXT, "description": "The object's name."},
        "from": {
            **_FIELDS,
            "description": "The fields that differ, with their previous values. Secrets and PINs are only shown as "
            "`changed`. Long values are shortened in lists, but not in a single change.",
        },
        "to": {**_FIELDS, "description": "The same fields, with their new values."},
        "fields": {"type": "array", "items": {"type": "string"}, "readOnly": True},
        "state": {
            **_TEXT, "enum": [state.value for state in ChangeState],
            "description": "`begun`: the change is in progress, or was interrupted and may not have been made. "
                           "`erased`: a person's data has been removed from it.",
        },
        "reverts": {**_LINK, "type": ["string", "null"], "description": "The change that was reverted by this one."},
        "revertible": {"type": "boolean", "readOnly": True, "description": "Whether the action `revert` can be used."},
        "resource_uri": _LINK,
    },
}  # fmt: skip


class Changes:
    """A TimelineResource of all changes."""

    area = STATUS
    name = CHANGE
    about = "Changes made by admins, newest first; each can be reverted."
    schema = SCHEMA

    def __init__(self, log: ChangeLog, reverting: Reverting) -> None:
        self._log = log
        self._reverting = reverting

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """The action that reverts a change."""
        about = "Revert this change by making a new one, subject to the same checks as any save."
        return {"revert": Action("POST", about, self._reverting.revert, REVERT_BODY, is_recorded=False)}

    async def all(self) -> Sequence[Object]:
        """The newest changes, for queries with a different order or with filters that follow references."""
        page = await self._log.page(Search(), MAX_LIMIT)
        return [self._reverting.shown(change) for change in page.changes]

    async def one(self, id_: int) -> Shown:
        """The change with the given id and its complete values. Raises NotFound."""
        return Shown(self._reverting.shown(await self._log.one(id_)))

    async def listed(self, query: Query, text: str) -> Object | None:
        """See TimelineResource.listed."""
        if query.order not in ((), ("-when",), ("-id",)) or any(each.path for each in query.filters):
            return None
        search = self._search(query)
        page = await self._log.page(search, query.limit, query.offset)
        kept = [pair for pair in parse_qsl(text, keep_blank_values=True) if pair[0] not in ("limit", "offset", _OLDER)]
        older = urlencode([*kept, ("limit", query.limit), (_OLDER, page.older)])
        meta = {
            "limit": query.limit,
            "next": f"{uri(STATUS, CHANGE)}?{older}" if page.older else None,
            "offset": query.offset,
            "previous": None,
            "total_count": query.offset + len(page.changes) + page.left,
        }
        return {"meta": meta, "objects": [self._reverting.shown(change) for change in page.changes]}

    def _search(self, query: Query) -> Search:
        """The range of keys to read, and the filters to apply to it. Raises InvalidRequest."""
        found: dict[str, Any] = {}
        others = list[Filter]()
        for each in query.filters:
            field, understood = _RANGES.get((each.field, each.lookup), ("", str))
            if field and field not in found:
                found[field] = understood(each.wanted)
            else:
                others.append(each)
        if others or query.text:
            found["matches"] = lambda change: _meets(self._reverting.shown(change), query, others)
        return Search(**found)


def _meets(shown: Object, query: Query, filters: Sequence[Filter]) -> bool:
    return query.finds(shown) and all(each.holds([shown[each.field]]) for each in filters)


_OLDER = "id__lt"


def _integration(value: str) -> str:
    """The URI of an integration, given by URI or id."""
    return uri(CONFIGURATION, CONNECTOR, id_of(value)) if value.isdecimal() else value


def _id(text: str) -> int:
    try:
        return id_of(text)
    except NotFound as none:
        raise InvalidRequest(f"{_OLDER} must be the id of a change.") from none


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"{text!r} is not a UTC time such as 2026-11-23T09:00:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_RANGES: Mapping[tuple[str, str], tuple[str, Callable[[str], Any]]] = {
    ("target", "exact"): ("target", str),
    ("exchange_connector", "exact"): ("connector", _integration),
    ("who", "exact"): ("who", str),
    ("when", "gte"): ("since", _moment),
    ("when", "lt"): ("until", _moment),
    ("id", "lt"): ("older_than", _id),
}
"""For each filter that becomes part of the range of keys: its field in Search, and the parser for its value."""
