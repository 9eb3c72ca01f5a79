"""Lists in storage: rows in order, and the number of rows between any two positions (see steps.py).

One transaction writes an entry, the counts that include it, and the row that lists its record's entries. The counts
therefore always match the entries. Only the indexer writes here. When two writers change the same count, the second one
fails and tries again.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from shared.bookings.rows import LISTS_PARTITION, meetings_table
from shared.errors import Conflict
from shared.record_lists.steps import (
    Change,
    Entered,
    Part,
    Step,
    counts_key,
    entered_key,
    entry_key,
    fitting,
    numbers_in,
    recounted,
    section_of,
    shape_of,
)
from shared.storage import MAX_PAGE, Delete, Put, Row, RowChanged, RowExists, Tables, Write, first_rows

ATTEMPTS = 8
"""How many times a write is attempted when other writers change the same rows first."""

_NOTHING = ("nothing",)
"""Columns to select when only keys are needed. No row has such a column."""


@dataclass(frozen=True)
class Page:
    """Some of a list's entries, and the total number of entries."""

    rows: Sequence[Row]
    total: int


class CountedLists:
    """Reads and writes the lists. Every call may raise Unavailable."""

    def __init__(self, tables: Tables) -> None:
        self._table = meetings_table(tables)

    async def entered(self, name: str) -> Entered:
        """A record's current entries; one round trip."""
        row = await self._table.get(LISTS_PARTITION, entered_key(name))
        return Entered.from_row(row) if row else Entered()

    async def commit(self, changes: Sequence[Change]) -> bool:
        """Carry out the changes; returns False if some did not fit into the transaction and are left to do.

        Raises RowChanged or RowExists if another process has changed the same count or record first.
        """
        waiting, is_all = [each for each in changes if not each.is_done], True
        while waiting:
            steps = fitting(waiting)
            waiting = waiting[len(steps) :]
            is_all = is_all and all(step.is_last for step in steps)
            await self._carry_out(steps)
        return is_all

    async def take_out(self, names: Sequence[str]) -> None:
        """Remove all entries of these records. Raises Conflict if other processes keep adding them."""
        for _ in range(ATTEMPTS):
            with suppress(RowChanged, RowExists):
                entered = await asyncio.gather(*map(self.entered, names))
                if await self.commit([Change(name, had, {}) for name, had in zip(names, entered, strict=True)]):
                    return
        raise busy()

    async def page(
        self, list_: str, offset: int, limit: int, first: str = "", end: str = "", *, backwards: bool = False
    ) -> Page:
        """Entries with positions from `first` up to `end` (exclusive), ascending or `backwards`. Makes two round trips,
        and one or two more if `first` or `end` is inside a section, or if the page is deep inside one.
        """
        shape = shape_of(list_)
        cuts = {bound[: shape.section] for bound in (first, end) if len(bound) > shape.section}
        counts = await self._counts(list_, first, end)
        if len(cuts) == 1 and first and not backwards and 0 < offset + limit <= MAX_PAGE:
            found = await self._between(list_, first, end, offset + limit)
            last = section_of(found[-1], shape) if len(found) == offset + limit else "~"
            [cut] = cuts
            if last > cut:  # the part of the divided section that lies in the range has been read completely
                counts[cut] = sum(section_of(row, shape) == cut for row in found)
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
        """The number of entries in the part of a section that lies in the range."""
        after, until = entry_key(list_, max(section, first)), end if end.startswith(section) else f"{section}~"
        keys = self._table.rows(
            LISTS_PARTITION, entry_key(list_, ""), after, until=entry_key(list_, until), columns=_NOTHING
        )
        return len([row async for row in keys])

    async def at(self, list_: str, place: str) -> list[Row]:
        """The entries whose positions start with `place`; one round trip."""
        return [row async for row in self._table.rows(LISTS_PARTITION, entry_key(list_, place))]

    async def of(self, name: str, list_: str) -> Row | None:
        """The record's entry in a list, or None; two round trips."""
        keys = (await self.entered(name)).digests
        key = next((key for key in keys if key.startswith(entry_key(list_, ""))), None)
        return await self._table.get(LISTS_PARTITION, key) if key else None

    async def _between(self, list_: str, first: str, end: str, most: int) -> list[Row]:
        """The first entries in a range. Positions are longer than the bounds of a range, so they never equal a
        bound.
        """
        after, until = entry_key(list_, first), entry_key(list_, end) if end else ""
        rows = self._table.rows(LISTS_PARTITION, entry_key(list_, ""), after, until=until, page=min(most, MAX_PAGE))
        return await first_rows(rows, most)

    async def _counts(self, list_: str, first: str, end: str) -> dict[str, int]:
        """The number of entries in each section of the range. Sections that are only partly in the range count in
        full.
        """
        shape, counts = shape_of(list_), dict[str, int]()
        async for row in self._table.rows(LISTS_PARTITION, counts_key(list_, "")):
            part = row.key.rpartition(":")[2]
            counts |= {part + rest: number for rest, number in numbers_in(row).items()}
        low, high = first[: shape.section], end[: shape.section]
        return {
            each: number for each, number in counts.items()
            if each >= low and (not end or each < high or (each == high and len(end) > shape.section))
        }  # fmt: skip

    async def _carry_out(self, steps: Sequence[Step]) -> None:
        parts = sorted({part for step in steps for part in step.counts})
        gone = [key for step in steps for key in step.removed]
        found = await asyncio.gather(
            *(self._table.get(LISTS_PARTITION, key) for key in gone),
            *(self._table.get(LISTS_PARTITION, counts_key(*part)) for part in parts),
        )
        writes: list[Write] = [Delete(row) for row in found[: len(gone)] if row]
        counted: Counter[tuple[Part, str]] = Counter()
        for step in steps:
            for part, sections in step.counts.items():
                counted.update({(part, section): number for section, number in sections.items()})
        for part, row in zip(parts, found[len(gone) :], strict=True):
            changed = {section: number for (of, section), number in counted.items() if of == part}
            writes += recounted(part, row, changed)
        writes += [Put(key, values) for step in steps for key, values in step.put.items()]
        writes += [step.entered for step in steps]
        await self._table.commit(LISTS_PARTITION, *writes)


def busy() -> Conflict:
    """The error raised when every attempt at a write failed because other writers were faster."""
    return Conflict("Another process is adding the same records to the lists right now.")
