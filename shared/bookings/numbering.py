"""Assigns numbers to bookings and their occurrences (numbers.py) and finds bookings by number.

Partition `numbers` of table `meetings`:

    sequence             booking, occurrence: the last assigned number of each kind
    <kind>:<number>      integration, tag: its owner

Numbers are assigned when the management API first shows a booking, so that scheduling never waits for them. Bookings
stored by older versions get their numbers in the same way. A number is reserved before it is written into the booking,
so an interruption can only leave a number unused. Every call may raise Unavailable.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from shared.bookings.booking import Booking, State
from shared.bookings.numbers import NO_NUMBERS
from shared.bookings.rows import NUMBERS_PARTITION, meetings_table
from shared.bookings.stored import stored_booking
from shared.calendar.conference import Calendar
from shared.errors import Conflict
from shared.storage import Delete, Insert, Replace, RowChanged, RowExists, Tables, Values, Write

Item = TypeVar("Item")

_SEQUENCE = "sequence"
NUMBERS_AT_ONCE = 90
"""How many numbers are assigned per transaction, which can contain at most 100 writes."""

_ATTEMPTS = 16
WRITE_CONCURRENCY = 16
"""How many bookings get their numbers concurrently."""


class Numbered(StrEnum):
    """What has numbers."""

    BOOKING = "booking"
    OCCURRENCE = "occurrence"


class Numbering:
    """Assigns and finds the numbers of a deployment."""

    def __init__(self, storage: Tables) -> None:
        self._table = meetings_table(storage)

    async def find(self, kind: Numbered, number: int) -> Booking | None:
        """The booking that has this number itself, or has an occurrence with this number. Takes two point reads."""
        row = await self._table.get(NUMBERS_PARTITION, _key(kind, number))
        if row is None:
            return None
        found = await stored_booking(self._table, str(row.values["integration"]), str(row.values["tag"]))
        numbers = found.numbers if found else NO_NUMBERS
        known = [numbers.own] if kind is Numbered.BOOKING else [each for _, each in numbers.occurrences]
        return found if number in known else None

    async def complete(self, bookings: Sequence[Booking]) -> list[Booking]:
        """The bookings, after assigning all missing numbers of bookings and occurrences. Bookings that have been
        deleted in the meantime are left out.

        Does not access storage if all have numbers. Raises Conflict if somebody else keeps changing one of them.
        """
        lacking = [each for each in bookings if _wanted(each)]
        if not lacking:
            return list(bookings)
        wanted = [(kind, each) for each in lacking for kind in _wanted(each)]
        given = iter([n for some in batched(wanted, NUMBERS_AT_ONCE) for n in await self._take(some)])
        new = {(each.integration, each.tag): [next(given) for _ in _wanted(each)] for each in lacking}
        turns = asyncio.Semaphore(WRITE_CONCURRENCY)

        async def one(booking: Booking) -> Booking | None:
            mine = new.get((booking.integration, booking.tag))
            if mine is None:
                return booking
            async with turns:
                return await self._write(booking, mine)

        done = await asyncio.gather(*map(one, bookings))
        return [each for each in done if each is not None]

    async def forget(self, booking: Booking) -> None:
        """Forget the numbers of a deleted booking. They are not assigned again."""
        own = [_key(Numbered.BOOKING, booking.numbers.own)] if booking.numbers.own else []
        await self._drop([*own, *(_key(Numbered.OCCURRENCE, number) for _, number in booking.numbers.occurrences)])

    async def _take(self, wanted: Sequence[tuple[Numbered, Booking]]) -> list[int]:
        """New numbers, recorded with their owner."""
        for _ in range(_ATTEMPTS):
            row = await self._table.get(NUMBERS_PARTITION, _SEQUENCE)
            last = {kind: int(row.values[kind]) if row else 0 for kind in Numbered}
            numbers, notes = list[int](), list[Write]()
            for kind, booking in wanted:
                last[kind] += 1
                numbers.append(last[kind])
                values: Values = {"integration": booking.integration, "tag": booking.tag}
                notes.append(Insert(_key(kind, last[kind]), values))
            sequence: Values = {kind.value: number for kind, number in last.items()}
            first = Replace(row, sequence) if row else Insert(_SEQUENCE, sequence)
            with suppress(RowExists, RowChanged):
                await self._table.commit(NUMBERS_PARTITION, first, *notes)
                return numbers
        raise _busy()

    async def _write(self, booking: Booking, new: Sequence[int]) -> Booking | None:
        """Save these numbers in a booking; returns the booking, or None if it has been deleted.

        Concurrent changes are taken into account.
        """
        for _ in range(_ATTEMPTS):
            numbered = _with(booking, new)
            try:
                [etag] = await self._table.commit(booking.integration, Replace(booking.row, numbered.values()))
            except RowChanged:
                again = await stored_booking(self._table, booking.integration, booking.tag)
                if again is None:
                    return None
                wanted = [(kind, again) for kind in _wanted(again)]
                if not wanted:
                    return again
                booking, new = again, await self._take(wanted)
            else:
                gone = booking.numbers.gone(_calendar(booking))
                await self._drop([_key(Numbered.OCCURRENCE, number) for number in gone])
                return replace(numbered, etag=etag)
        raise _busy()

    async def _drop(self, keys: Sequence[str]) -> None:
        for some in batched(keys, NUMBERS_AT_ONCE):
            found = await asyncio.gather(*(self._table.get(NUMBERS_PARTITION, key) for key in some))
            deletions = [Delete(row) for row in found if row]
            if deletions:
                with suppress(RowChanged):  # another run has done the same work
                    await self._table.commit(NUMBERS_PARTITION, *deletions)


def _wanted(booking: Booking) -> list[Numbered]:
    """The kinds of numbers that the booking lacks. Only a scheduled booking shows its occurrences."""
    own = [] if booking.numbers.own else [Numbered.BOOKING]
    return [*own, *[Numbered.OCCURRENCE] * booking.numbers.missing(_calendar(booking))]


def _with(booking: Booking, new: Sequence[int]) -> Booking:
    own = 0 if booking.numbers.own else new[0]
    rest = list(new[bool(own) :])
    if booking.state is not State.SCHEDULED:
        return replace(booking, numbers=replace(booking.numbers, own=booking.numbers.own or own))
    return replace(booking, numbers=booking.numbers.completed(_calendar(booking), own, rest))


def _calendar(booking: Booking) -> Calendar | None:
    return booking.conference.calendar if booking.conference and booking.state is State.SCHEDULED else None


def _key(kind: Numbered, number: int) -> str:
    return f"{kind}:{number:010}"


def _busy() -> Conflict:
    return Conflict("Somebody else is changing the same meetings right now: try again.")


def batched(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in chunks of at most this size."""
    return (items[start : start + size] for start in range(0, len(items), size))
