"""The rows that one transaction writes for records' entries and for the lists' counts. Pure.

Rows of partition `lists` of table `meetings`:

    <list>:<place>            an entry: everything that a list shows about a record
    counts:<list>:<part>      the number of entries in each section of a part of a list
    entered:<kind>:<record>   the keys of a record's entries, so that they can be removed again

A section is determined by the first characters of its entries' positions. It covers a hundred numbers, or an hour.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, TypeAlias

from shared.storage import Delete, Insert, Replace, Row, Values, Write

MAX_CHANGES = 40
"""Maximum number of one record's entries that a transaction changes. In the worst case, each is counted in a different
row.
"""

_MAX_WRITES = 90
_MAX_BYTES = 3 * 1024**2
_COLUMN_LENGTH = 30_000

Part: TypeAlias = tuple[str, str]
"""A list, and the part of it whose counts are stored in one row."""


@dataclass(frozen=True)
class Shape:
    """How many characters of an entry's position identify its section, and how many of those identify the part."""

    section: int
    part: int


_NUMBERS, _TIMES, _IDS = Shape(8, 5), Shape(10, 6), Shape(6, 3)
_SHAPES = {
    "aliases": _NUMBERS, "series": _NUMBERS, "occurrences": _NUMBERS, "meetings": _NUMBERS,
    "starts": _TIMES, "current": _TIMES, "over": _TIMES, "decisions": _IDS,
}  # fmt: skip


@dataclass(frozen=True)
class Entered:
    """The entries that a record has: a digest of each entry's values, keyed by row key. `row` is the stored row.
    `changes` is the time at which the entries will change even if the record does not.
    """

    digests: Mapping[str, str] = field(default_factory=dict)
    changes: str = ""
    row: Row | None = None

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Parse a row written by `_entered`."""
        texts = sorted((name, str(value)) for name, value in row.values.items() if name.startswith("keys"))
        return cls(json.loads("".join(text for _, text in texts)), str(row.values["changes"]), row)


@dataclass(frozen=True)
class Change:
    """The entries that a record should have: none if it has to be removed from all lists. `name` is
    `<kind>:<record>`.
    """

    name: str
    entered: Entered
    rows: Mapping[str, Values]
    changes: datetime | None = None

    @property
    def digests(self) -> Mapping[str, str]:
        """A digest of each entry's values, keyed by row key, as in Entered."""
        return {key: _digest(values) for key, values in self.rows.items()}

    @property
    def is_done(self) -> bool:
        """Whether the record already has exactly these entries."""
        if not self.rows:
            return self.entered.row is None
        return self.entered.digests == self.digests and self.entered.changes == _text(self.changes)


class Step:
    """The part of a change that fits into one transaction."""

    def __init__(self, change: Change) -> None:
        wanted, now = change.digests, change.entered.digests
        removed = sorted(now.keys() - wanted.keys())
        put = sorted(key for key, digest in wanted.items() if now.get(key) != digest)
        self.is_last = len(removed) + len(put) <= MAX_CHANGES
        self.removed = removed[:MAX_CHANGES]
        keys = put[: MAX_CHANGES - len(self.removed)]
        self.put = {key: change.rows[key] for key in keys}
        digests = {key: digest for key, digest in now.items() if key not in self.removed} | {
            key: wanted[key] for key in keys
        }
        self.entered = _entered(change, digests, _text(change.changes) if self.is_last else "")
        self.counts: dict[Part, Counter[str]] = defaultdict(Counter)
        self._count(self.removed, -1)
        self._count([key for key in keys if key not in now], 1)

    @property
    def writes(self) -> int:
        """The maximum number of rows that this step writes."""
        return 1 + len(self.removed) + len(self.put) + len(self.counts)

    @property
    def size(self) -> int:
        """An upper bound on the bytes that this step adds to a transaction's request."""
        values = [*self.put.values(), {} if isinstance(self.entered, Delete) else self.entered.values]
        return sum(2048 + len(json.dumps(dict(each))) for each in values) + 2048 * (self.writes - len(values))

    def _count(self, keys: Sequence[str], number: int) -> None:
        for key in keys:
            list_, _, place = key.partition(":")
            shape = shape_of(list_)
            self.counts[list_, place[: shape.part]][place[shape.part : shape.section]] += number


def section_of(row: Row, shape: Shape) -> str:
    """The section in which an entry is counted."""
    return row.key.partition(":")[2][: shape.section]


def entry_key(list_: str, place: str) -> str:
    """The key of the entry at this position in a list."""
    return f"{list_}:{place}"


def shape_of(list_: str) -> Shape:
    """How a list is divided into sections, regardless of the state or integration at the end of its name."""
    return _SHAPES[list_.partition("@")[0].partition("-")[0]]


def fitting(changes: Sequence[Change]) -> Sequence[Step]:
    """Steps for as many of the first changes as fit into one transaction."""
    steps: list[Step] = []
    writes = size = 0
    for change in changes:
        step = Step(change)
        writes, size = writes + step.writes, size + step.size
        if steps and (writes > _MAX_WRITES or size > _MAX_BYTES):
            break
        steps.append(step)
    return steps


def _entered(change: Change, digests: Mapping[str, str], changes: str) -> Insert | Replace | Delete:
    row = change.entered.row
    if not digests and row:
        return Delete(row)
    text = json.dumps(digests, separators=(",", ":"))
    columns = [text[at : at + _COLUMN_LENGTH] for at in range(0, len(text), _COLUMN_LENGTH)]
    values: Values = {"changes": changes} | {f"keys{place:03}": column for place, column in enumerate(columns)}
    return Replace(row, values) if row else Insert(entered_key(change.name), values)


def recounted(part: Part, row: Row | None, changed: Mapping[str, int]) -> list[Write]:
    """The write that updates a part's counts. `changed` contains the differences, keyed by section."""
    counts = Counter(numbers_in(row) if row else {})
    counts.update(changed)
    values: Values = {"sections": json.dumps({each: n for each, n in sorted(counts.items()) if n})}
    return [Replace(row, values) if row else Insert(counts_key(*part), values)]


def numbers_in(row: Row) -> dict[str, int]:
    """The number of entries in each section of a part, keyed by the characters that follow the part's name."""
    found: dict[str, int] = json.loads(str(row.values["sections"]))
    return found


def counts_key(list_: str, part: str) -> str:
    """The key of the row with a part's counts."""
    return f"counts:{list_}:{part}"


def entered_key(name: str) -> str:
    """The key of the row that lists a record's entries."""
    return f"entered:{name}"


def _digest(values: Values) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
