"""The log of changes: written before and after each change, read in pages, and deleted after a year.

    begin ─▶ the change itself ─┬─ made: settle          (who, when, from, to: done)
                                ├─ refused: drop         (nothing was changed or recorded)
                                └─ unknown: it stays `begun`, with the intended change

The record is written first, so that no change is lost in a crash. It says `begun` until the change has been made, so
that it never reports a change that did not happen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.changes import rows
from shared.changes.change import Change, ChangeState, id_at
from shared.changes.rows import changes_table
from shared.clock import Clock
from shared.errors import Conflict, NotFound
from shared.storage import Delete, Insert, Put, Replace, Row, RowExists, Table, Tables, Write, before

CHANGES_LIFETIME = timedelta(days=365)
"""How long changes are kept: as long as bookings and operations."""

COUNTED_MAX = 1_000
"""How many changes after the current page are counted: as many as one request reads."""

READ_MAX = 2_000
"""How many changes are searched to fill a page. The next page continues after them."""

_ATTEMPTS = 50


@dataclass(frozen=True)
class Entry:
    """A change and its rows in the table, to be settled, dropped, or rewritten."""

    change: Change
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Search:
    """A search for changes. It may be limited to changes older than `older_than` (0 for no limit), to one object, to
    one integration and everything that belongs to it (both given by URI), to one admin, or to a period. `matches` is an
    additional condition.
    """

    target: str = ""
    connector: str = ""
    who: str = ""
    since: datetime | None = None
    until: datetime | None = None
    older_than: int = 0
    matches: Callable[[Change], bool] | None = None

    @property
    def is_a_range(self) -> bool:
        """Whether the search matches everything in the list that it reads."""
        return self.matches is None and sum(map(bool, (self.target, self.connector, self.who))) <= 1

    @property
    def prefix(self) -> str:
        """The key prefix of the list to read."""
        if self.target:
            return rows.list_of_object(self.target)
        if self.connector:
            return rows.list_of_integration(self.connector)
        return rows.list_of_admin(self.who) if self.who else rows.ALL

    def finds(self, change: Change) -> bool:
        """Whether a change in that list matches the search."""
        return (
            self.connector in ("", change.connector)
            and (not self.who or change.who.casefold() == self.who.casefold())
            and (self.matches is None or self.matches(change))
        )


@dataclass(frozen=True)
class Page:
    """A page of changes, newest first, with long values shortened.

    `older` is the id after which the next page begins, or 0 if there is none. `left` is the number of changes after
    this page, or the minimum number if `left_is_more`.
    """

    changes: list[Change]
    older: int
    left: int
    left_is_more: bool = False


class ChangeLog:
    """All changes made in the deployment. Every call may raise Unavailable."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._table: Table = changes_table(tables)
        self._clock = clock
        self._newest = 0

    async def begin(self, change: Change) -> Entry:
        """Record a change that is about to be made. Its id is chosen here."""
        for _ in range(_ATTEMPTS):
            self._newest = max(id_at(self._clock.now()), self._newest + 1)
            mine = replace(change, id=self._newest, state=ChangeState.BEGUN)
            keys, whole = rows.keys_of(mine), rows.whole(mine)
            try:
                etags = await self._table.commit(
                    rows.PARTITION, *(Insert(key, rows.listed(mine)) for key in keys), *whole
                )
            except RowExists:  # another instance has used the same microsecond
                continue
            written = [*keys, *(each.key for each in whole)]
            return Entry(mine, tuple(_row(key, etag) for key, etag in zip(written, etags, strict=True)))
        raise Conflict("Too many other changes are being made right now. Nothing was changed: try again.")

    async def settle(self, entry: Entry, change: Change) -> Change:
        """Record the outcome of the change."""
        done = replace(change, id=entry.change.id, state=ChangeState.DONE)
        await self._rewrite(entry, done)
        return done

    async def drop(self, entry: Entry) -> None:
        """Nothing was changed."""
        await self._table.commit(rows.PARTITION, *map(Delete, entry.rows))

    async def one(self, id_: int) -> Change:
        """The change with the given id and its complete values. Raises NotFound."""
        row = await self._table.get(rows.PARTITION, f"{rows.ALL}{rows.place(id_)}")
        if row is None:
            raise NotFound(f"There is no change with id {id_}. Changes are deleted after a year.")
        return await self._whole(row)

    async def page(self, search: Search, limit: int, skipped: int = 0) -> Page:
        """A page of the requested changes. One request reads the page, and another counts the changes that follow. If
        the search is not a range of keys, at most READ_MAX changes are read, so rare matches may be spread over several
        pages.
        """
        first, last = self._range(search)
        found, read, end = list[Change](), 0, ""
        wanted = skipped + limit
        size = min(wanted + 1, COUNTED_MAX) if search.is_a_range else COUNTED_MAX
        async for row in self._table.rows(rows.PARTITION, search.prefix, first, until=last, page=size):
            if len(found) == wanted or read == READ_MAX:
                break
            read, end = read + 1, row.key
            found += filter(search.finds, [rows.change_of(row)])
        else:
            return Page(found[skipped:], 0, 0)
        left, is_all = await self._count(search, end, last)
        return Page(found[skipped:], rows.id_of(end), left, left_is_more=not is_all)

    async def _count(self, search: Search, after: str, until: str) -> tuple[int, bool]:
        """How many of the next COUNTED_MAX changes match, and whether that is all of them."""
        columns, read, count = ("who",) if search.is_a_range else (), 0, 0
        async for row in self._table.rows(rows.PARTITION, search.prefix, after, until=until, columns=columns):
            read += 1
            count += search.is_a_range or search.finds(rows.change_of(row))
            if read == COUNTED_MAX:
                return count, False
        return count, True

    def _range(self, search: Search) -> tuple[str, str]:
        """The range of keys that a search reads: after the first, up to and including the last."""
        bounds = [search.older_than] * bool(search.older_than) + ([id_at(search.until)] if search.until else [])
        first = f"{search.prefix}{rows.place(min(bounds))}" if bounds else ""
        last = f"{search.prefix}{rows.place(id_at(search.since))}" if search.since else ""
        return first, last

    # --- deletion

    async def tidy(self) -> None:
        """Delete changes that are older than CHANGES_LIFETIME."""
        oldest = f"{rows.ALL}{rows.place(id_at(self._clock.now() - CHANGES_LIFETIME))}"
        for row in [row async for row in self._table.rows(rows.PARTITION, rows.ALL, before(oldest))]:
            if row.key >= oldest:
                await self.drop(await self._entry(row))

    async def rewrite(self, change: Change) -> None:
        """Replace the record of a change, to erase what it reveals about a person."""
        row = await self._table.get(rows.PARTITION, f"{rows.ALL}{rows.place(change.id)}")
        if row:
            await self._rewrite(await self._entry(row), change)

    async def everything(self) -> list[Change]:
        """Every change with its complete values, for erasing a person's data."""
        listed = [row async for row in self._table.rows(rows.PARTITION, rows.ALL)]
        return [await self._whole(row) for row in listed]

    async def _whole(self, row: Row) -> Change:
        change = rows.change_of(row)
        if not rows.is_cut(row):
            return change
        beside = [each async for each in self._table.rows(rows.PARTITION, rows.whole_prefix(change.id))]
        return rows.with_whole(change, beside)

    async def _entry(self, row: Row) -> Entry:
        change = await self._whole(row)
        keys = rows.keys_of(change)
        found = [await self._table.get(rows.PARTITION, key) for key in keys]
        beside = [each async for each in self._table.rows(rows.PARTITION, rows.whole_prefix(change.id))]
        return Entry(change, tuple(each for each in (*found, *beside) if each))

    async def _rewrite(self, entry: Entry, change: Change) -> None:
        """Write all rows of a change in one transaction. Rows with the same keys are replaced, other existing rows are
        deleted, and new rows are added.
        """
        values, known = rows.listed(change), {row.key: row for row in entry.rows}
        keys, whole = rows.keys_of(change), rows.whole(change)
        kept = {*keys, *(each.key for each in whole)}
        writes: list[Write] = [Replace(known[key], values) if key in known else Put(key, values) for key in keys]
        writes += [*whole, *(Delete(row) for key, row in known.items() if key not in kept)]
        await self._table.commit(rows.PARTITION, *writes)


def _row(key: str, etag: str) -> Row:
    return Row(rows.PARTITION, key, {}, etag)
