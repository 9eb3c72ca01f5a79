"""Lists in storage: rows in order, and how many of them there are between any two places.

Rows of partition `lists` of table `meetings`:

    <list>:<place>            an entry: all that a list shows of a record
    counts:<list>:<part>      how many entries the sections of a part have
    entered:<kind>:<record>   the keys of a record's entries, to take them out again

A section is what the first characters of its entries' places say: a hundred numbers, an hour. An entry, its counts and
what tells of it are written in one transaction, so a count is always that of the entries. Who is second in changing a
count changes it again: only the indexer writes here.
"""

import asyncio
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from shared.bookings.rows import LISTS_PARTITION, meetings_table
from shared.errors import Conflict
from shared.storage import (
    MAX_PAGE,
    Delete,
    Insert,
    Put,
    Replace,
    Row,
    RowChanged,
    RowExists,
    Tables,
    Values,
    Write,
    first_rows,
)

MAX_CHANGES = 40
"""Entries of one record that a transaction changes: each has counts of its own, at the worst."""

ATTEMPTS = 8
"""How often somebody else may be faster."""

_MAX_WRITES = 90
_MAX_BYTES = 3 * 1024**2
_COLUMN_LENGTH = 30_000
_NOTHING = ("nothing",)
"""Columns of which a row has none: to read keys."""

_Part: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class _Shape:
    """How many characters of an entry's place name its section, and how many of these the part of the counts."""

    section: int
    part: int


_NUMBERS, _TIMES, _IDS = _Shape(8, 5), _Shape(10, 6), _Shape(6, 3)
_SHAPES = {
    "aliases": _NUMBERS, "series": _NUMBERS, "occurrences": _NUMBERS, "meetings": _NUMBERS,
    "starts": _TIMES, "current": _TIMES, "over": _TIMES, "decisions": _IDS,
}  # fmt: skip


@dataclass(frozen=True)
class Entered:
    """The entries that a record has: a digest of what each holds, by key; `row` says so, and `until` when they change
    by themselves.
    """

    digests: Mapping[str, str] = field(default_factory=dict)
    changes: str = ""
    row: Row | None = None


@dataclass(frozen=True)
class Change:
    """What a record's entries are to be. `name` is `<kind>:<record>`; without rows it stands in no list any more."""

    name: str
    entered: Entered
    rows: Mapping[str, Values]
    changes: datetime | None = None

    @property
    def digests(self) -> Mapping[str, str]:
        """As in Entered."""
        return {key: _digest(values) for key, values in self.rows.items()}

    @property
    def is_done(self) -> bool:
        """Whether they are that already."""
        if not self.rows:
            return self.entered.row is None
        return self.entered.digests == self.digests and self.entered.changes == _text(self.changes)


@dataclass(frozen=True)
class Page:
    """Some entries of a list, and how many there are in all."""

    rows: Sequence[Row]
    total: int


class CountedLists:
    """Reads and writes them. Every call may raise Unavailable."""

    def __init__(self, tables: Tables) -> None:
        self._table = meetings_table(tables)

    async def entered(self, name: str) -> Entered:
        """The entries of a record; one round trip."""
        row = await self._table.get(LISTS_PARTITION, _entered_key(name))
        if row is None:
            return Entered()
        texts = sorted((name, str(value)) for name, value in row.values.items() if name.startswith("keys"))
        return Entered(json.loads("".join(text for _, text in texts)), str(row.values["changes"]), row)

    async def commit(self, changes: Sequence[Change]) -> bool:
        """Make some records' entries what they are to be; False when more than a transaction can hold is left to do.

        Raises RowChanged or RowExists when somebody else was faster with a count or a record.
        """
        waiting, is_all = [each for each in changes if not each.is_done], True
        while waiting:
            some, waiting = _fitting(waiting)
            steps = [_Step(each) for each in some]
            is_all = is_all and all(step.is_last for step in steps)
            await self._carry_out(steps)
        return is_all

    async def take_out(self, names: Sequence[str]) -> None:
        """Take records out of all lists, with all that these hold of them. Raises Conflict while others enter them."""
        for _ in range(ATTEMPTS):
            with suppress(RowChanged, RowExists):
                entered = await asyncio.gather(*map(self.entered, names))
                if await self.commit([Change(name, had, {}) for name, had in zip(names, entered, strict=True)]):
                    return
        raise busy()

    async def page(
        self, list_: str, offset: int, limit: int, first: str = "", end: str = "", *, backwards: bool = False
    ) -> Page:
        """Entries with places from `first` on, up to but without `end`: by rising place, or `backwards`.

        Two round trips; one or two more where a bound is not that of a section, or a page is far down in one.
        """
        shape = _shape(list_)
        cuts = {bound[: shape.section] for bound in (first, end) if len(bound) > shape.section}
        counts = await self._counts(list_, first, end)
        if len(cuts) == 1 and first and not backwards and 0 < offset + limit <= MAX_PAGE:
            found = await self._between(list_, first, end, offset + limit)
            last = _section(found[-1], shape) if len(found) == offset + limit else "~"
            [cut] = cuts
            if last > cut:  # all of the section that is cut in two has been seen
                counts[cut] = sum(_section(row, shape) == cut for row in found)
                return Page(found[offset:], sum(counts.values()))
        for cut in cuts & counts.keys():
            counts[cut] = await self._number_in(list_, cut, first, end)
        return await self._page(list_, counts, offset, limit, first, end, backwards=backwards)

    async def _page(
        self, list_: str, counts: Mapping[str, int], offset: int, limit: int, first: str, end: str, *, backwards: bool
    ) -> Page:
        total = sum(counts.values())
        skipped = max(total - offset - limit, 0) if backwards else offset
        wanted = max(min(limit, total - offset), 0)
        for section in sorted(counts):
            if wanted and skipped < counts[section]:
                found = (await self._between(list_, max(section, first), end, skipped + wanted))[skipped:]
                return Page(found[::-1] if backwards else found, total)
            skipped -= counts[section]
        return Page([], total)

    async def _number_in(self, list_: str, section: str, first: str, end: str) -> int:
        """How many entries of the range a section has that the range cuts in two."""
        after, until = entry_key(list_, max(section, first)), end if end.startswith(section) else f"{section}~"
        keys = self._table.rows(
            LISTS_PARTITION, entry_key(list_, ""), after, until=entry_key(list_, until), columns=_NOTHING
        )
        return len([row async for row in keys])

    async def at(self, list_: str, place: str) -> list[Row]:
        """The entries whose places begin so; one round trip."""
        return [row async for row in self._table.rows(LISTS_PARTITION, entry_key(list_, place))]

    async def of(self, name: str, list_: str) -> Row | None:
        """What a list holds of a record; two round trips."""
        keys = (await self.entered(name)).digests
        key = next((key for key in keys if key.startswith(entry_key(list_, ""))), None)
        return await self._table.get(LISTS_PARTITION, key) if key else None

    async def _between(self, list_: str, first: str, end: str, most: int) -> list[Row]:
        """Entries of a range, the first of them. Places are longer than what begins or ends a range."""
        after, until = entry_key(list_, first), entry_key(list_, end) if end else ""
        rows = self._table.rows(LISTS_PARTITION, entry_key(list_, ""), after, until=until, page=min(most, MAX_PAGE))
        return await first_rows(rows, most)

    async def _counts(self, list_: str, first: str, end: str) -> dict[str, int]:
        """How many entries each section of the range has, those that the range cuts in two as a whole."""
        shape, counts = _shape(list_), dict[str, int]()
        async for row in self._table.rows(LISTS_PARTITION, _counts_key(list_, "")):
            part = row.key.rpartition(":")[2]
            counts |= {part + rest: number for rest, number in _numbers(row).items()}
        low, high = first[: shape.section], end[: shape.section]
        return {
            each: number for each, number in counts.items()
            if each >= low and (not end or each < high or (each == high and len(end) > shape.section))
        }  # fmt: skip

    async def _carry_out(self, steps: Sequence["_Step"]) -> None:
        parts = sorted({part for step in steps for part in step.counts})
        gone = [key for step in steps for key in step.removed]
        found = await asyncio.gather(
            *(self._table.get(LISTS_PARTITION, key) for key in gone),
            *(self._table.get(LISTS_PARTITION, _counts_key(*part)) for part in parts),
        )
        writes: list[Write] = [Delete(row) for row in found[: len(gone)] if row]
        counted: Counter[tuple[_Part, str]] = Counter()
        for step in steps:
            for part, sections in step.counts.items():
                counted.update({(part, section): number for section, number in sections.items()})
        for part, row in zip(parts, found[len(gone) :], strict=True):
            changed = {section: number for (of, section), number in counted.items() if of == part}
            writes += _recounted(part, row, changed)
        writes += [Put(key, values) for step in steps for key, values in step.put.items()]
        writes += [step.entered for step in steps]
        await self._table.commit(LISTS_PARTITION, *writes)


class _Step:
    """As much of a change as one transaction takes."""

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
        self.counts: dict[_Part, Counter[str]] = defaultdict(Counter)
        self._count(self.removed, -1)
        self._count([key for key in keys if key not in now], 1)

    @property
    def writes(self) -> int:
        """How many rows a transaction has for it at the worst."""
        return 1 + len(self.removed) + len(self.put) + len(self.counts)

    @property
    def size(self) -> int:
        """Bytes of a transaction's request, amply."""
        values = [*self.put.values(), {} if isinstance(self.entered, Delete) else self.entered.values]
        return sum(2048 + len(json.dumps(dict(each))) for each in values) + 2048 * (self.writes - len(values))

    def _count(self, keys: Sequence[str], number: int) -> None:
        for key in keys:
            list_, _, place = key.partition(":")
            shape = _shape(list_)
            self.counts[list_, place[: shape.part]][place[shape.part : shape.section]] += number


def busy() -> Conflict:
    """What is raised when others are always faster."""
    return Conflict("Somebody else is entering the same records into the lists this moment.")


def _section(row: Row, shape: _Shape) -> str:
    return row.key.partition(":")[2][: shape.section]


def entry_key(list_: str, place: str) -> str:
    """The key of a list's entry."""
    return f"{list_}:{place}"


def _shape(list_: str) -> _Shape:
    return _SHAPES[list_.partition("@")[0].partition("-")[0]]


def _fitting(changes: Sequence[Change]) -> tuple[Sequence[Change], list[Change]]:
    """The first of the changes that go into one transaction, and the others."""
    writes = size = 0
    for place, change in enumerate(changes):
        step = _Step(change)
        writes, size = writes + step.writes, size + step.size
        if place and (writes > _MAX_WRITES or size > _MAX_BYTES):
            return changes[:place], list(changes[place:])
    return changes, []


def _entered(change: Change, digests: Mapping[str, str], changes: str) -> Insert | Replace | Delete:
    row = change.entered.row
    if not digests and row:
        return Delete(row)
    text = json.dumps(digests, separators=(",", ":"))
    columns = [text[at : at + _COLUMN_LENGTH] for at in range(0, len(text), _COLUMN_LENGTH)]
    values: Values = {"changes": changes} | {f"keys{place:03}": column for place, column in enumerate(columns)}
    return Replace(row, values) if row else Insert(_entered_key(change.name), values)


def _recounted(part: _Part, row: Row | None, changed: Mapping[str, int]) -> list[Write]:
    counts = Counter(_numbers(row) if row else {})
    counts.update(changed)
    values: Values = {"sections": json.dumps({each: n for each, n in sorted(counts.items()) if n})}
    return [Replace(row, values) if row else Insert(_counts_key(*part), values)]


def _numbers(row: Row) -> dict[str, int]:
    found: dict[str, int] = json.loads(str(row.values["sections"]))
    return found


def _counts_key(list_: str, part: str) -> str:
    return f"counts:{list_}:{part}"


def _entered_key(name: str) -> str:
    return f"entered:{name}"


def _digest(values: Values) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
