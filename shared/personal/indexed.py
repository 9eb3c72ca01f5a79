"""Records of one kind, which can be found by several names. They are stored in one partition of table `personal`.

A record's row is stored under its key. Each of its claims (its id, its name, …) is a row that contains the key. All of
a record's rows are written in one transaction, so no two records have the same claim, and no crash leaves half a
record.

    key           a claim: "id:7", "alias:<integration>:<digest>"        column `key`: the record's key
    …             a record under its own key                             columns: see the store
    sequence      column `last`: the last id assigned
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from shared.errors import Conflict, NotFound, SettingsInvalid
from shared.storage import Delete, Insert, Put, Replace, Row, RowChanged, RowExists, Tables, Values, Write

_SEQUENCE = "sequence"
_ATTEMPTS = 32
"""How many times a write is attempted. One of several concurrent writers succeeds each time, so this many can take ids
or change a record at the same time.
"""


@dataclass(frozen=True)
class Entry:
    """A record to be written: its row, and its claims with the field that each comes from."""

    key: str
    values: Values
    claims: Mapping[str, str]


Record = TypeVar("Record")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Kind(Generic[Record]):
    """A kind of record: its partition, the name that admins know it by, and how it is written and read."""

    partition: str
    name: str
    write: Callable[[Record], Entry]
    read: Callable[[Row], Record]


Note: TypeAlias = Callable[[Record], Sequence[Write]]
"""Adds writes to the transaction that writes or removes a record, as a note of work to be done afterwards."""


def no_note(_: object) -> Sequence[Write]:
    """A Note for records that need no further work."""
    return ()


def unchecked(_: object) -> None:
    """A check that allows any record to be removed."""


class IndexedTable(Generic[Record]):
    """All records of one kind. Every call may raise Unavailable."""

    def __init__(self, storage: Tables, kind: Kind[Record]) -> None:
        self._table = storage.table("personal")
        self._kind = kind

    async def records(self, prefix: str) -> AsyncIterator[Record]:
        """The records whose key starts with `prefix`, in ascending order of key; one round trip to storage per
        1,000.
        """
        async for row in self._table.rows(self._kind.partition, prefix):
            yield self._kind.read(row)

    async def find(self, claim: str) -> Record | None:
        """The record that has this claim, or None; two round trips to storage."""
        row = await self._row(claim)
        return self._kind.read(row) if row else None

    async def get(self, claim: str) -> Record:
        """The record that has this claim; two round trips to storage. Raises NotFound."""
        return self._kind.read(await self._existing(claim))

    async def numbers(self, count: int) -> range:
        """Ids that have never been assigned before; two round trips to storage for any number of ids. Raises
        Conflict.
        """

        async def take() -> range:
            row = await self._table.get(self._kind.partition, _SEQUENCE)
            last = int(row.values["last"]) if row else 0
            values: Values = {"last": last + count}
            operation = Replace(row, values) if row else Insert(_SEQUENCE, values)
            await self._table.commit(self._kind.partition, operation)
            return range(last + 1, last + count + 1)

        return await self._until_done(take)

    async def create(self, record: Record, note: Note[Record] = no_note) -> None:
        """Write a new record; one round trip to storage. Raises SettingsInvalid if another record already has one of
        its claims.
        """
        entry = self._kind.write(record)
        await self._commit(entry, [Insert(entry.key, entry.values), *_claimed(entry, entry.claims), *note(record)])

    async def change(self, claim: str, change: Callable[[Record], Record], note: Note[Record] = no_note) -> Record:
        """Change the record with this claim, despite concurrent changes.

        Raises NotFound, Conflict, any errors from `change`, and SettingsInvalid as in `create`.
        """

        async def once() -> Record:
            row = await self._existing(claim)
            before = self._kind.read(row)
            after = change(before)
            if after != before:
                await self._replace(row, self._kind.write(before), self._kind.write(after), note(after))
            return after

        return await self._until_done(once)

    async def delete(
        self, claim: str, note: Note[Record] = no_note, check: Callable[[Record], None] = unchecked
    ) -> Record:
        """Remove the record with this claim, and all its claims; returns the record. Raises NotFound, Conflict, and
        whatever `check` raises for the exact state that would be removed.
        """

        async def once() -> Record:
            row = await self._existing(claim)
            record = self._kind.read(row)
            check(record)
            released = await self._released(self._kind.write(record).claims)
            await self._table.commit(self._kind.partition, Delete(row), *released, *note(record))
            return record

        return await self._until_done(once)

    async def _until_done(self, work: Callable[[], Awaitable[Result]]) -> Result:
        for _ in range(_ATTEMPTS):
            try:
                return await work()
            except (RowExists, RowChanged):
                continue
        raise _busy()

    async def _row(self, claim: str) -> Row | None:
        for _ in range(_ATTEMPTS):
            pointer = await self._table.get(self._kind.partition, claim)
            row = await self._table.get(self._kind.partition, str(pointer.values["key"])) if pointer else None
            if pointer is None or row is not None:
                return row
        raise _busy()  # on every attempt, the record was moved or removed between the two reads

    async def _existing(self, claim: str) -> Row:
        row = await self._row(claim)
        if row is None:
            raise NotFound(f"There is no such {self._kind.name}.")
        return row

    async def _replace(self, row: Row, before: Entry, after: Entry, note: Sequence[Write]) -> None:
        """Write a changed record in one transaction. If its key changes, the claims that it keeps are updated."""
        moved, old = before.key != after.key, before.claims.keys()
        own: list[Write] = [Delete(row), Insert(after.key, after.values)] if moved else [Replace(row, after.values)]
        kept: list[Write] = [Put(claim, {"key": after.key}) for claim in after.claims if moved and claim in old]
        claimed = _claimed(after, after.claims.keys() - old)
        await self._commit(after, [*own, *kept, *claimed, *await self._released(old - after.claims.keys()), *note])

    async def _released(self, claims: Iterable[str]) -> list[Write]:
        found = [await self._table.get(self._kind.partition, claim) for claim in sorted(claims)]
        return [Delete(row) for row in found if row]

    async def _commit(self, entry: Entry, operations: list[Write]) -> None:
        try:
            await self._table.commit(self._kind.partition, *operations)
        except RowExists:
            taken = {field for claim, field in entry.claims.items() if await self._is_anothers(claim, entry.key)}
            if not taken:
                raise  # the record that had the claim has released it in the meantime
            kind = self._kind.name.replace("_", " ").capitalize()
            raise SettingsInvalid({field: [f"{kind} with this {field} already exists."] for field in taken}) from None

    async def _is_anothers(self, claim: str, key: str) -> bool:
        row = await self._table.get(self._kind.partition, claim)
        return row is not None and row.values["key"] != key


def _claimed(entry: Entry, claims: Iterable[str]) -> list[Write]:
    return [Insert(claim, {"key": entry.key}) for claim in sorted(claims)]


def _busy() -> Conflict:
    return Conflict("Somebody else is changing the same record right now. Nothing was saved. Please try again.")
