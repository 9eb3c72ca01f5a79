"""The rows of table `changes`, all in one partition, so that the rows of one change can be written together.

    all:<place>              a change, newest first
    who:<digest>:<place>     the same, only for changes by one admin
    what:<digest>:<place>    the same, only for changes to one object
    of:<digest>:<place>      the same, only for changes to one integration and everything that belongs to it
    whole:<place>:<n>        a change's fields before and after, compressed, if they are too long for a list

`<place>` counts down with time, so that the newest changes come first. A change has a row in each of these lists with
everything that the list shows, so a page is one range of rows, regardless of the number of changes. Values that are too
long for a list are shortened there. Additional rows contain the complete fields.

This module alone defines the keys and columns.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from shared.changes.change import Change, ChangeState, Fields
from shared.storage import CHANGES, Put, Row, Table, Tables, Values

PARTITION = "changes"

SHOWN_MAX_LENGTH = 6_000
"""Maximum length in characters of a change's fields in a list, as JSON, separately for `before` and `after`. With this
limit, 50 changes fit into one response.
"""

_CUTS = (1_000, 200, 40)
"""Possible limits for the length of a value in a list, in characters. The first limit that keeps a change within
SHOWN_MAX_LENGTH applies.
"""

_COLUMN_LENGTH = 30_000
_COLUMNS = 15
"""Maximum number of base64 columns in a row. A character takes two bytes, and a row may take 1 MiB."""

_LAST = 10**16
"""A time in the year 2286, in microseconds since 1970: places count down from it."""


def changes_table(tables: Tables) -> Table:
    """Table `changes`."""
    return tables.table(CHANGES)


def place(id_: int) -> str:
    """A change's place in every list: the newer the change, the lower its place."""
    return f"{_LAST - min(max(id_, 0), _LAST):017d}"


def id_of(key: str) -> int:
    """The id of the change whose row has this key."""
    return _LAST - int(key.rpartition(":")[2])


ALL = "all:"
"""The key prefix of the list of all changes."""


def list_of_admin(who: str) -> str:
    """The key prefix of the list of an admin's changes."""
    return f"who:{_digest(who.casefold())}:"


def list_of_object(target: str) -> str:
    """The key prefix of the list of changes to an object, given by its URI."""
    return f"what:{_digest(target)}:"


def list_of_integration(connector: str) -> str:
    """The key prefix of the list of changes to an integration (given by its URI) and everything that belongs to it."""
    return f"of:{_digest(connector)}:"


def keys_of(change: Change) -> list[str]:
    """The keys of a change's rows in all lists, the list of all changes first."""
    lists = [ALL, list_of_admin(change.who), list_of_object(change.target)]
    lists += [list_of_integration(change.connector)] * bool(change.connector)
    return [f"{each}{place(change.id)}" for each in lists]


def whole_prefix(id_: int) -> str:
    """The key prefix of the rows that contain a change's complete fields."""
    return f"whole:{place(id_)}:"


def listed(change: Change) -> Values:
    """The columns of a change's row in a list."""
    before, after = map(_shown, (change.before, change.after))
    return {
        "who": change.who,
        "action": change.action,
        "target": change.target,
        "connector": change.connector,
        "name": change.name,
        "state": change.state.value,
        "reverts": change.reverts,
        "before": _json(before),
        "after": _json(after),
        "cut": (before, after) != (change.before, change.after),
    }


def change_of(row: Row) -> Change:
    """The change in a row of a list, with long values shortened."""
    texts: dict[str, Any] = dict(row.values)
    return Change(
        id_of(row.key),
        texts["who"],
        texts["action"],
        texts["target"],
        texts["connector"],
        texts["name"],
        json.loads(texts["before"]),
        json.loads(texts["after"]),
        ChangeState(texts["state"]),
        int(texts["reverts"]),
    )


def is_cut(row: Row) -> bool:
    """Whether additional rows contain the complete fields."""
    return row.values.get("cut") is True


def whole(change: Change) -> list[Put]:
    """The rows that contain the complete fields; none if the lists contain them."""
    if not listed(change)["cut"]:
        return []
    packed = base64.b64encode(zlib.compress(_json([change.before, change.after]).encode())).decode()
    return [
        Put(f"{whole_prefix(change.id)}{number}", {f"d{column:02d}": text for column, text in enumerate(columns)})
        for number, columns in enumerate(_divided(list(_pieces(packed)), _COLUMNS))
    ]


def with_whole(change: Change, rows: list[Row]) -> Change:
    """The change with its complete fields, from the rows of `whole`."""
    packed = "".join(str(row.values[name]) for row in rows for name in sorted(row.values))
    before, after = json.loads(zlib.decompress(base64.b64decode(packed)))
    return replace(change, before=before, after=after)


def _shown(fields: Fields | None) -> Fields | None:
    if fields is None or len(_json(fields)) <= SHOWN_MAX_LENGTH:
        return fields
    for longest in _CUTS:
        cut = {name: _cut(value, longest) for name, value in fields.items()}
        if len(_json(cut)) <= SHOWN_MAX_LENGTH:
            return cut
    return dict.fromkeys(fields, "…")


def _cut(value: Any, longest: int) -> Any:
    """A value, shortened to this many characters. If it is not a string, its JSON is shortened."""
    text = value if isinstance(value, str) else _json(value)
    return value if len(text) <= longest else f"{text[:longest]}…"


def _json(value: Mapping[str, Any] | list[Any] | Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _pieces(text: str) -> Iterator[str]:
    return (text[start : start + _COLUMN_LENGTH] for start in range(0, len(text), _COLUMN_LENGTH))


def _divided(pieces: list[str], size: int) -> Iterator[list[str]]:
    return (pieces[start : start + size] for start in range(0, len(pieces), size))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
