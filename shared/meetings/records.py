"""One integration's bookings, meetings and operations, which are changed together (shared/bookings/rows.py)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.bookings.booking import Booking, State, link_key, link_values, linked_tag
from shared.bookings.due_tasks import all_due_of, due_operation
from shared.bookings.operation import LEASE_TIME, SUPERSEDED, Operation
from shared.bookings.rows import RowKind, meetings_table
from shared.bookings.stored import bookings_of, operation_row, stored_booking, stored_operation
from shared.meetings.decision import Known
from shared.meetings.lease import Lease, Pending, Unfinished, operation_of, pending_values, unfinished_of
from shared.meetings.symptoms import Mark, marks
from shared.meetings.waiting import WaitingMessages
from shared.record_lists.journal import Journal, Record
from shared.storage import Delete, Insert, Replace, Row, RowChanged, Storage


class Records:
    """One integration's records. Writes raise RowExists or RowChanged if another process has changed the same rows."""

    def __init__(self, storage: Storage, integration: str) -> None:
        self._table = meetings_table(storage)
        self._integration = integration

    @property
    def waiting(self) -> WaitingMessages:
        """Messages that have not been handled yet."""
        return WaitingMessages(self._table, self._integration)

    async def known(self, meeting: str, tags: Sequence[str], day: str = "", *, thorough: bool) -> Known:
        """The records of a meeting (or of its occurrence on `day`), and of the tags in its message. An invitation with
        an unused tag is nearly always for a new meeting. In that case, the meeting's booking is only looked up if
        `thorough`; `open` fails if there is one after all.
        """
        tagged = await self._bookings(tags)
        if day:
            return await self._known_occurrence(meeting, day, tagged)
        own = next((b for b in tagged if b.meeting == meeting and b.state is State.SCHEDULED and not b.day), None)
        fresh = any(b.state is State.RESERVED for b in tagged)
        if own and own is tagged[-1]:
            return Known(tagged, own, rooms=await self._rooms(own))
        if fresh and not thorough:
            return Known(tagged, own, guessed=True)
        own, links = await self._linked(meeting)
        rooms = await self._rooms(own) if own or not links else await self._rooms_without_series(meeting)
        return Known(tagged, own, rooms=rooms, links=links)

    async def _known_occurrence(self, meeting: str, day: str, tagged: tuple[Booking, ...]) -> Known:
        (own, links), (apart, more) = await asyncio.gather(self._linked(meeting), self._linked(meeting, day))
        return Known(tagged, own, apart, await self._rooms(own), (*links, *more))

    async def _linked(self, meeting: str, day: str = "") -> tuple[Booking | None, tuple[Row, ...]]:
        """The booking of a meeting or an occurrence, and the row that links them. If the booking is not open, it may
        have been closed after the link was read, because the meeting was given another booking. The link is then read
        again; otherwise the series would appear to have no room.
        """
        link = await self._link(meeting, day)
        while link:
            booking = await self.booking(linked_tag(link))
            current = link if booking and booking.state is State.SCHEDULED else await self._link(meeting, day)
            if current and linked_tag(current) == linked_tag(link):
                # A series may have taken over its occurrence's booking. The occurrence's row then stays behind.
                return booking if booking and booking.day == day else None, (current,)
            link = current
        return None, ()

    async def _link(self, meeting: str, day: str) -> Row | None:
        return await self._table.get(self._integration, link_key(meeting, day)) if meeting else None

    async def _rooms(self, series: Booking | None) -> tuple[Booking, ...]:
        """The bookings of a series' occurrences with separate rooms."""
        return await self._bookings([each.tag for each in series.apart]) if series else ()

    async def _rooms_without_series(self, meeting: str) -> tuple[Booking, ...]:
        """The bookings of occurrences whose series has no room or no longer exists."""
        rows = [row async for row in self._table.rows(self._integration, f"{link_key(meeting)}:")]
        return await self._bookings([linked_tag(row) for row in rows])

    async def booking_of(self, meeting: str, day: str = "") -> Booking | None:
        """The booking of a meeting, or of its occurrence on `day`; None if there is none."""
        return (await self._linked(meeting, day))[0]

    async def _bookings(self, tags: Sequence[str]) -> tuple[Booking, ...]:
        found = await asyncio.gather(*(self.booking(tag) for tag in tags))
        return tuple(sorted((b for b in found if b), key=lambda booking: booking.created))

    async def _in_order(self, tags: Sequence[str]) -> tuple[Booking, ...]:
        """The bookings with these tags, in the same order. The first one is the booking that an operation is about."""
        found = await asyncio.gather(*(self.booking(tag) for tag in tags))
        return tuple(booking for booking in found if booking)

    async def booking(self, tag: str) -> Booking | None:
        """This integration's booking with the given tag, or None."""
        return await stored_booking(self._table, self._integration, tag)

    def bookings(self) -> AsyncIterator[Booking]:
        """All bookings, page by page."""
        return bookings_of(self._table, self._integration)

    async def open(
        self,
        operation: Operation,
        now: datetime,
        changed: Sequence[Booking],
        assigned: Booking | None,
        known: Known,
        older: Pending | None = None,
    ) -> Lease:
        """Record a decision atomically, and take the lease on the remaining work. `changed` contains the changed
        bookings. `assigned` is the booking that the meeting gets in place of its previous one, if any. `older` is the
        operation that this one replaces and thereby ends. Raises RowExists if there is an unfinished operation other
        than `older`.
        """
        others = await self._others(operation, changed) if older else ()
        if older:  # a run may have been interrupted right after writing the row
            await self.announce([older.operation.correlation_id], now)
        inserted, *decided = operation.inserting()
        writes = [inserted]
        pending = pending_values(operation, now + LEASE_TIME, leased=True, tried=True, tries=0)
        writes.append(Replace(older.row, pending) if older else Insert(operation.pending_key, pending))
        writes += [Replace(booking.row, booking.values()) for booking in changed]
        writes += [due.put() for booking in changed for due in all_due_of(booking, now)]
        writes.append(due_operation(operation.correlation_id, now).put())
        if assigned:
            link = link_values(assigned)
            # A meeting that was assumed to be new must be new. If it is not, the decision is made again, thoroughly.
            before = {row.key: row for row in known.links}
            row = before.get(assigned.link_key)
            writes.append(Replace(row, link) if row else Insert(assigned.link_key, link))
            whole = link_key(assigned.meeting)
            if assigned.day and whole not in before:
                # The series has no room yet. If it gets one later, it must be possible to find this occurrence.
                writes.append(Insert(whole, link))
        if older:
            ended = older.operation.finished(now, error=SUPERSEDED)
            writes.append(Replace(older.operation_row, ended.values()))
        etags = await self._table.commit(self._integration, *writes, *decided, *marks(operation))
        written = tuple(replace(booking, etag=etag) for booking, etag in zip(changed, etags[2:], strict=False))
        return Lease(
            operation,
            Row(self._integration, operation.key, {}, etags[0]),
            Row(self._integration, operation.pending_key, {}, etags[1]),
            (*written, *others),
        )

    async def _others(self, operation: Operation, changed: Sequence[Booking]) -> tuple[Booking, ...]:
        """The operation's bookings that it does not change itself."""
        tags = {booking.tag for booking in changed}
        return await self._bookings([tag for tag in operation.tags if tag not in tags])

    async def pending(self, operation: Operation, now: datetime) -> Pending | None:
        """The unfinished operation on the same meeting or occurrence, or None."""
        row = await self._table.get(self._integration, operation.pending_key)
        found = await operation_row(self._table, self._integration, operation_of(row)) if row else None
        if row is None or found is None:
            return None
        is_leased = bool(row.values.get("leased", True)) and now < datetime.fromisoformat(str(row.values["until"]))
        return Pending(Operation.from_row(found), found, row, is_leased)

    async def note(self, operation: Operation, now: datetime) -> None:
        """Record a decision that needs no further work."""
        await self.announce([operation.correlation_id], now)
        due = due_operation(operation.correlation_id, now).put()
        await self._table.commit(self._integration, *operation.inserting(), due, *marks(operation))

    async def announce(self, correlations: Sequence[str], now: datetime) -> None:
        """Note operations and their bookings for the record lists, which are kept up to date until the operations are
        done. This is done before the change is written, so that a crash cannot prevent it.
        """
        await Journal(self._table).note([Record.operation(self._integration, each) for each in correlations], now)

    async def operation(self, correlation_id: str) -> Operation | None:
        """The operation with the given correlation id, or None."""
        return await stored_operation(self._table, self._integration, correlation_id)

    async def recent(self, since: datetime, now: datetime, most: int) -> AsyncIterator[Operation]:
        """The operations from `since` to `now`, up to a limit: the latest day first, and unordered within a day. They
        are found by the day on which they expire, so the cost depends on the number of recent decisions and not on the
        size of the table.
        """
        day, left = now, most
        while day.date() >= since.date() and left > 0:
            prefix = due_operation("", day).key
            async for row in self._table.rows(self._integration, prefix):
                if operation := await self.operation(row.key.removeprefix(prefix)):
                    yield operation
                left -= 1
                if left <= 0:
                    break
            day -= timedelta(days=1)

    async def symptom(self) -> Mark | None:
        """The last symptom of wrong mailbox settings, unless it has been disproved."""
        row = await self._table.get(self._integration, RowKind.SYMPTOM.key())
        return Mark.from_row(row) if row else None

    async def forget_symptom(self, mark: Mark) -> None:
        """Remove a symptom that has been disproved, unless there is a newer one."""
        row = await self._table.get(self._integration, RowKind.SYMPTOM.key())
        if row and Mark.from_row(row) == mark:
            with suppress(RowChanged):
                await self._table.commit(self._integration, Delete(row))

    async def take_over(self, correlation_id: str, now: datetime) -> Lease | None:
        """The lease on an unfinished operation; None if the operation is done or still being worked on."""
        row = await operation_row(self._table, self._integration, correlation_id)
        operation = Operation.from_row(row) if row else None
        pending = await self._table.get(self._integration, operation.pending_key) if operation else None
        if row is None or operation is None or pending is None or operation_of(pending) != correlation_id:
            return None
        if now < datetime.fromisoformat(str(pending.values["until"])):
            return None
        tried, tries = bool(pending.values.get("tried", True)), int(pending.values.get("tries", 0))
        leased = pending_values(operation, now + LEASE_TIME, leased=True, tried=True, tries=tries)
        try:
            [etag] = await self._table.commit(self._integration, Replace(pending, leased))
        except RowChanged:
            return None
        bookings = await self._in_order(operation.tags)
        return Lease(operation, row, Row(self._integration, pending.key, {}, etag), bookings, tried, tries)

    async def reread(self, lease: Lease) -> Lease:
        """The lease, with its bookings as currently stored."""
        return replace(lease, bookings=await self._in_order([booking.tag for booking in lease.bookings]))

    async def update(self, lease: Lease, operation: Operation) -> Lease:
        """Record the progress of the work."""
        row = lease.operation_row
        [etag] = await self._table.commit(self._integration, Replace(row, operation.values()))
        return replace(lease, operation=operation, operation_row=replace(row, etag=etag))

    async def give_back(self, lease: Lease, until: datetime) -> None:
        """Release a lease early. The remaining work may be resumed from `until` on. Does nothing if another process now
        holds the lease.
        """
        left = pending_values(lease.operation, until, leased=False, tried=lease.tried, tries=lease.tries)
        with suppress(RowChanged):
            await self._table.commit(self._integration, Replace(lease.pending_row, left))

    async def finish(self, lease: Lease, operation: Operation) -> None:
        """Record that an operation is finished. Raises RowChanged if one of the lease's bookings has changed in the
        meantime; its room must then be updated again.
        """
        await self._table.commit(
            self._integration,
            Replace(lease.operation_row, operation.values()),
            Delete(lease.pending_row),
            *(Replace(booking.row, booking.values()) for booking in lease.bookings),
        )

    async def all_unfinished(self) -> list[Unfinished]:
        """Unfinished operations, oldest first, including those that are being worked on."""
        return await unfinished_of(self._table, self._integration)

    async def unfinished(self, now: datetime) -> AsyncIterator[Operation]:
        """Operations that can be resumed because they are not being worked on and their pause is over."""
        for each in await self.all_unfinished():
            if each.until <= now and (operation := await self.operation(each.correlation_id)):
                yield operation
