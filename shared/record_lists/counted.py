"""Lists in storage: rows in order, and how many of them there are between any two places; their rows: steps.py.

An entry, its counts and what tells of it are written in one transaction, so a count is always that of the entries. Who
is second in changing a count changes it again: only the indexer writes here.
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
"""How often somebody else may be faster."""

_NOTHING = ("nothing",)
"""Columns of which a row has none: to read keys."""


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
        row = await self._table.get(LISTS_PARTITION, entered_key(name))
        return Entered.from_row(row) if row else Entered()

    async def commit(self, changes: Sequence[Change]) -> bool:
        """Make some records' entries what they are to be; False when more than a transaction can hold is left to do.

        Raises RowChanged or RowExists when somebody else was faster with a count or a record.
        """
        waiting, is_all = [each for each in changes if not each.is_done], True
        while waiting:
            steps = fitting(waiting)
            waiting = waiting[len(steps) :]
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
        shape = shape_of(list_)
        cuts = {bound[: shape.section] for bound in (first, end) if len(bound) > shape.section}
        counts = await self._counts(list_, first, end)
        if len(cuts) == 1 and first and not backwards and 0 < offset + limit <= MAX_PAGE:
            found = await self._between(list_, first, end, offset + limit)
            last = section_of(found[-1], shape) if len(found) == offset + limit else "~"
            [cut] = cuts
            if last > cut:  # all of the section that is cut in two has been seen
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
    """What is raised when others are always faster."""
    return Conflict("Somebody else is entering the same records into the lists this moment.")
