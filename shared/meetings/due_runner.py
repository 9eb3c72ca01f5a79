"""Handles due tasks: extends series, closes the rooms of past meetings, and deletes old records (C4, M3, A3).

Each pass is bounded. The next pass resumes where it ended, because a task's row is deleted when the task is done. The
cost depends on how much is due, not on how much is stored.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shared.aliases.quota import forget_full
from shared.bookings.booking import Booking, State
from shared.bookings.due_tasks import Due, Task, due_of
from shared.bookings.operation import Operation
from shared.bookings.rows import RowKind, meetings_table
from shared.bookings.stored import deleting_operation, operation_row, save_booking
from shared.clock import Clock
from shared.conferences.booking_removal import Removals
from shared.conferences.platform import Platform
from shared.errors import SchedulingError
from shared.mailboxes.mailbox import ForeignItem, Mailbox
from shared.meetings.booked_item import booked_item
from shared.meetings.cause import cause_of
from shared.meetings.records import Records
from shared.record_lists.journal import Journal, Record
from shared.storage import Delete, Row, RowChanged, Storage, Table

log = logging.getLogger(__name__)

MAX_TASKS_PER_RUN = 500
"""Maximum number of tasks per pass and integration."""


class TasksFailed(SchedulingError):
    """Some tasks have failed. Their rows stay for the next pass."""

    code = "tasks_failed"


@dataclass(frozen=True)
class DueRunner:
    """Runs one integration's due tasks."""

    integration: str
    mailbox: Mailbox
    platform: Platform
    records: Records
    storage: Storage
    clock: Clock

    @property
    def _table(self) -> Table:
        return meetings_table(self.storage)

    @property
    def removals(self) -> Removals:
        """The object that deletes bookings."""
        return Removals(self.storage, self.platform)

    async def clean_up(self) -> int:
        """Delete old records and unused reservations, and finish interrupted work; returns the number of tasks."""
        await self.removals.finish(self.integration)
        await forget_full(self._table, self.integration, self.clock.now())
        return await self.handle(CLEANUP)

    async def handle(self, tasks: frozenset[Task]) -> int:
        """Do the due tasks of these kinds; returns their number. Tasks fail individually, so a task that always fails
        does not block the others. If any failed, raises TasksFailed at the end.
        """
        today, done, failed = self.clock.now().date(), 0, list[Exception]()
        async for row in _due_rows(self.storage, self.integration, today):
            due = Due.from_key(row.key)
            if done >= MAX_TASKS_PER_RUN:
                break
            if due.task in tasks:
                try:
                    await self._do(due, row)
                    done += 1
                except Exception as error:
                    log.warning("a task (%s) failed: %s", due.task, cause_of(error))
                    failed.append(error)
        if failed:
            raise TasksFailed(f"Tasks that failed: {len(failed)}, succeeded: {done}. First: {cause_of(failed[0])}")
        return done

    async def _do(self, due: Due, row: Row) -> None:
        work: dict[Task, Callable[[Booking], Awaitable[None]]] = {
            Task.RESERVATION: self._drop_reservation,
            Task.VERIFY: self._verify,
            Task.EXTEND: self._extend,
            Task.FINISH: self._finish,
            Task.FORGET: self._forget,
        }
        try:
            if due.task is Task.OPERATION:
                await self._forget_operation(due.reference)
            elif booking := await self.records.booking(due.reference):
                if self._is_due(booking, due):
                    await work[due.task](booking)
                await self._tell_lists(Record.booking(self.integration, booking.tag))
            await self._table.commit(self.integration, Delete(row))
        except RowChanged:
            # Another process is working on the same booking, so the row stays for the next pass.
            log.info("a due task was postponed")
        except ForeignItem:
            # The meeting is not at its booked times, and its id belongs to the other protocol. The nightly comparison
            # can find it.
            log.info("a meeting is left to the nightly comparison")

    def _is_due(self, booking: Booking, due: Due) -> bool:
        """Whether the booking still needs the task. The meeting may have been moved, cancelled or reopened in the
        meantime, and such a change has written its own row.
        """
        if due.task is Task.VERIFY:
            return booking.state is State.SCHEDULED
        next_ = due_of(booking, self.clock.now())
        return next_.task is due.task and (due.task is not Task.FINISH or next_.day <= due.day)

    async def _drop_reservation(self, booking: Booking) -> None:
        """Delete a booking that was never used, and release its tag and digits (A3)."""
        if not booking.is_usable(self.clock.now()):
            await self.removals.remove(booking)

    async def _verify(self, booking: Booking) -> None:
        """Close a meeting that is no longer in the equipment mailbox's calendar (M4)."""
        item = await booked_item(self.mailbox, booking, self.clock.now())
        if item is None or item.cancelled:
            await self._close(booking)
        elif item.id != booking.item_id:
            await self._change(replace(booking, item_id=item.id))

    async def _extend(self, booking: Booking) -> None:
        """Extend a series before its known occurrences run out. If it is no longer in the calendar, close it (M4)."""
        now = self.clock.now()
        item = await booked_item(self.mailbox, booking, now)
        if item is None or item.cancelled or booking.conference is None:
            await self._close(booking)
            return
        calendar = await self.mailbox.calendar(item, now)
        await self._change(replace(booking.counting(calendar, now), item_id=item.id).following(calendar, booking.apart))

    async def _finish(self, booking: Booking) -> None:
        """Close a conference that is over. Its name is released, but its record stays."""
        await self._close(booking)

    async def _close(self, booking: Booking) -> None:
        await self._change(booking.closed())

    async def _change(self, booking: Booking) -> None:
        await self.platform.show(await save_booking(self._table, booking, self.clock.now()))

    async def _forget(self, booking: Booking) -> None:
        if booking.state is State.CLOSED:
            await self.removals.remove(booking)

    async def _forget_operation(self, correlation: str) -> None:
        row = await operation_row(self._table, self.integration, correlation)
        if row:
            await self._table.commit(self.integration, *await deleting_operation(self._table, row))
        tags = Operation.from_row(row).tags if row else ()
        bookings = [Record.booking(self.integration, tag) for tag in tags]
        await self._tell_lists(Record.operation(self.integration, correlation), *bookings)

    async def _tell_lists(self, *records: Record) -> None:
        """Note the changes for the record lists. A task's row is kept until this is done, so no change is lost if the
        pass is interrupted.
        """
        await Journal(self._table).note(records, self.clock.now())


def _due_rows(storage: Storage, integration: str, today: date) -> AsyncIterator[Row]:
    """The rows of due tasks, oldest first."""
    tomorrow = RowKind.DUE.key(f"{today + timedelta(days=1):%Y%m%d}")
    return meetings_table(storage).rows(integration, RowKind.DUE.prefix, until=tomorrow)


async def falls_due(storage: Storage, integration: str, tasks: frozenset[Task], now: datetime) -> bool:
    """Whether any task of these kinds is due; one round trip to storage if there are no due tasks."""
    return any([Due.from_key(row.key).task in tasks async for row in _due_rows(storage, integration, now.date())])


ONWARD = frozenset({Task.VERIFY, Task.EXTEND, Task.FINISH})
CLEANUP = frozenset({Task.RESERVATION, Task.FORGET, Task.OPERATION})
