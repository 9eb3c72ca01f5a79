"""Adds bookings and operations to the lists, in their state at the time of reading."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeVar

from shared.bookings.booking import Booking
from shared.bookings.numbering import Numbering
from shared.bookings.operation import Operation
from shared.bookings.rows import meetings_table
from shared.bookings.stored import decided_on, stored_booking, stored_operation, tags_of_meeting
from shared.errors import NotFound, SchedulingError
from shared.record_lists.counted import ATTEMPTS, CountedLists, busy
from shared.record_lists.entries import Entries, booking_entries, operation_entries
from shared.record_lists.journal import UNWRITTEN_FOR, Due, Journal, Noted, Record, RecordKind
from shared.record_lists.steps import Change, Entered
from shared.storage import RowChanged, RowExists, Tables

log = logging.getLogger(__name__)

IdOf: TypeAlias = Callable[[str], Awaitable[int]]
"""Returns the id of the integration with the given uuid. Raises NotFound."""

Result = TypeVar("Result")

READ_CONCURRENCY = 16
"""How many rows are read concurrently."""

_NO_ENTRIES = Entries({})


@dataclass(frozen=True)
class _Found:
    """A record as it was read (`stored` is None if it does not exist), with its current entries."""

    record: Record
    stored: Booking | Operation | None
    entered: Entered

    @property
    def is_settled(self) -> bool:
        """Whether no change is expected soon. Unfinished operations, and records not yet written, will change."""
        if isinstance(self.stored, Operation):
            return bool(self.stored.done)
        return self.stored is not None or self.entered.row is not None


class Indexer:
    """Adds the records in the journal to the lists. Every call may raise Unavailable, and Conflict if another process
    is adding the same records.
    """

    def __init__(self, tables: Tables, id_of: IdOf) -> None:
        self._id_of = id_of
        self._tables = tables
        self._table = meetings_table(tables)
        self._lists = CountedLists(tables)
        self._journal = Journal(self._table)

    async def follow(self, due: Due, now: datetime) -> None:
        """Add the records that are due. Records not yet written, and unfinished operations, are checked again later."""
        unsettled = await self.enter_all({each.record for each in due.noted}, now)
        again = [each for each in due.noted if _may_change(each, unsettled, now)]
        await self._journal.look_again(again, now)
        with suppress(RowChanged):  # added by another reader, or changed again: the next reader checks it
            await self._journal.forget(due.noted)

    async def enter_all(self, records: Collection[Record], now: datetime) -> Mapping[Record, bool]:
        """See `enter`. A record that cannot be parsed does not affect the others, and counts as unsettled."""
        try:
            return await self.enter(records, now)
        except SchedulingError:
            raise
        except Exception:
            log.exception("a record cannot be added to the lists")
        unsettled = dict[Record, bool]()
        for record in records:
            try:
                unsettled |= await self.enter({record}, now)
            except SchedulingError:
                raise
            except Exception as error:
                log.warning("%s cannot be added to the lists: %s", record, type(error).__name__)
                unsettled[record] = True
        return unsettled

    async def enter(self, records: Collection[Record], now: datetime) -> Mapping[Record, bool]:
        """Bring the entries of these records, and of the operations' bookings, up to date. Returns the records that are
        expected to change soon, and whether each exists.
        """
        unsettled: dict[Record, bool] | None = None
        for _ in range(ATTEMPTS):
            with suppress(RowChanged, RowExists):
                found = await self._found(records)
                if unsettled is None:
                    unsettled = {each.record: each.stored is not None for each in found if not each.is_settled}
                if await self._enter(found, now):
                    return unsettled
        raise busy()

    async def _enter(self, found: Sequence[_Found], now: datetime) -> bool:
        changes = [each for each in await self._changes(found, now) if not each.is_done]
        for change in changes:
            if change.changes and change.entered.changes != change.changes.isoformat():
                # Noted first, so that a crash cannot leave an entry that is never updated.
                await self._journal.note([_record_of(change, found)], change.changes)
        return await self._lists.commit(changes)

    async def _changes(self, found: Sequence[_Found], now: datetime) -> list[Change]:
        bookings = [each.stored for each in found if isinstance(each.stored, Booking)]
        numbered = {each.tag: each for each in await Numbering(self._tables).complete(bookings)}
        decided = dict(zip(numbered, await _each(self._decided(each) for each in numbered.values()), strict=True))

        uuids = sorted({each.record.integration for each in found if each.stored})
        ids = dict(zip(uuids, await _each(map(self._integration_id, uuids)), strict=True))

        def entries(each: _Found) -> Entries:
            id_ = ids.get(each.record.integration)
            if id_ and isinstance(each.stored, Operation):
                return operation_entries(each.record.integration, id_, each.stored)
            booking = numbered.get(each.record.name) if each.stored else None
            return booking_entries(booking, id_, decided[booking.tag], now) if id_ and booking else _NO_ENTRIES

        wanted = [(each, entries(each)) for each in found]
        return [Change(each.record.called, each.entered, to_be.rows, to_be.changes) for each, to_be in wanted]

    async def _integration_id(self, uuid: str) -> int | None:
        """None for a deleted integration, whose records are about to be deleted too."""
        try:
            return await self._id_of(uuid)
        except NotFound:
            return None

    async def _decided(self, booking: Booking) -> Sequence[str]:
        return await decided_on(self._table, booking.integration, booking.meeting) if booking.meeting else ()

    async def _found(self, records: Collection[Record]) -> list[_Found]:
        """These records, and the bookings that the operations among them are about."""
        found = await _each(map(self._read, sorted(records, key=_called)))
        operations = [each for each in found if isinstance(each.stored, Operation)]
        about = {record for some in await _each(map(self._bookings_of, operations)) for record in some}
        return [*found, *await _each(map(self._read, sorted(about - set(records), key=_called)))]

    async def _read(self, record: Record) -> _Found:
        read = stored_booking if record.kind is RecordKind.BOOKING else stored_operation
        # The entries are read first, so that this attempt fails if another process changes them in the meantime.
        entered = await self._lists.entered(record.called)
        return _Found(record, await read(self._table, record.integration, record.name), entered)

    async def _bookings_of(self, found: _Found) -> list[Record]:
        operation, integration = found.stored, found.record.integration
        assert isinstance(operation, Operation)  # noqa: S101 - `_found` asks for no others
        tags = set(operation.tags)
        if operation.meeting:  # including the meeting's former bookings, which show the decisions on their meeting
            tags |= await tags_of_meeting(self._table, integration, operation.meeting)
        return [Record.booking(integration, tag) for tag in tags]


def _may_change(noted: Noted, unsettled: Mapping[Record, bool], now: datetime) -> bool:
    is_there = unsettled.get(noted.record)
    return is_there is True or (is_there is False and now - noted.since < UNWRITTEN_FOR)


def _record_of(change: Change, found: Sequence[_Found]) -> Record:
    return next(each.record for each in found if each.record.called == change.name)


def _called(record: Record) -> str:
    return record.called


async def _each(work: Iterable[Awaitable[Result]]) -> list[Result]:
    """Await everything, a limited number at a time. Returns the results in order."""
    turns = asyncio.Semaphore(READ_CONCURRENCY)

    async def one(each: Awaitable[Result]) -> Result:
        async with turns:
            return await each

    return list(await asyncio.gather(*map(one, work)))
