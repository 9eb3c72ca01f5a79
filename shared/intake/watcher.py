"""Watches mailboxes: keeps subscriptions alive, and sweeps for messages that no notification has announced (M9).

A notification is only a hint; the delta query is authoritative. The watcher's state is in watch_state.py.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from shared.bookings.operation import correlation_id
from shared.bookings.rows import meetings_table
from shared.bookings.stored import operation_row
from shared.clock import Clock
from shared.errors import RateLimited, SchedulingError
from shared.intake.notice import Notice, enqueue
from shared.intake.subscription_renewal import renewed_or_created
from shared.intake.watch_state import WatchState, joined, parts
from shared.mailboxes.arrivals import Arrivals
from shared.mailboxes.mailbox import Changes, Folder, Mailbox, MessageNotFound
from shared.mailboxes.subscription import Subscriptions
from shared.storage import Queue, Row, Storage

SWEEP_MAX_PAGES = 50
"""Maximum number of pages per folder and sweep. The next sweep continues where this one stopped."""

ARRIVALS_OVERLAP = timedelta(minutes=10)
"""How far each list of arrivals overlaps the previous one, because messages may be listed late."""

STATE_MAX_AGE = timedelta(hours=1)
"""How long a folder's state is kept while nothing happens there. Graph discards states that are not used for a long
time.
"""

LISTED_AT_MOST = timedelta(hours=1)
"""How far lists reach back while nothing arrives, so that the state is written less often."""

MOST_MARKS = 3_000
"""How many listed messages are remembered until the next list. Each takes nine characters in a column of 32,768."""

PROBES = 5
"""Number of messages to try when checking whether any can be read."""

_LOOKUP_CONCURRENCY = 16


class MailboxUnreadable(SchedulingError):
    """Messages are listed, but none of them can be read."""

    code = "mailbox_unreadable"


@dataclass(frozen=True)
class Watcher:
    """Watches the mailbox of one integration.

    `watched` names the mailbox and the public address that is notified. If either changes, watching starts over.
    Without `subscriptions`, new messages are found by polling. `files_away` means that this Exchange moves some updates
    to Deleted Items by itself, as Exchange Online does (docs/facts/exchange.md §7). With `arrivals`, arrived messages
    are also listed, because the changes alone are not reliable.
    """

    integration: str
    watched: str
    mailbox: Mailbox
    subscriptions: Subscriptions | None
    storage: Storage
    queue: Queue
    clock: Clock
    files_away: bool = False
    arrivals: Arrivals | None = None
    read_ahead: WatchState | None = None

    @property
    def state(self) -> WatchState:
        """The stored states of this mailbox."""
        return self.read_ahead or WatchState(self.storage, self.integration, self.watched)

    async def prepared(self) -> Self:
        """This watcher for one turn, with all states read ahead in one round trip to storage."""
        return replace(self, read_ahead=await self.state.prepared())

    @property
    def messages_wait(self) -> bool:
        """Whether unhandled messages were waiting when the states were read ahead."""
        return self.state.messages_wait

    async def take_up_line(self) -> None:
        """Resume handling the notices that were lined up when the states were read ahead, unless another run is doing
        so.
        """
        if self.state.lined_up:
            await enqueue(self.queue, [Notice(self.integration, lined_up=True)])

    async def keep_subscribed(self, *, force: bool = False) -> bool:
        """See subscription_renewal.py. Returns whether a new subscription had to be created. If so, the caller must
        sweep, because messages that arrived in between were not announced.
        """
        if self.subscriptions is None:
            return False
        return await renewed_or_created(self.subscriptions, self.state, self.clock.now(), force=force)

    async def resync(self, *, resubscribe: bool) -> int:
        """Repair the subscription if requested, then sweep. Returns the number of messages found."""
        if resubscribe:
            await self.keep_subscribed(force=True)
        return await self.sweep()

    async def sweep(self, *, thorough: bool = True) -> int:
        """Enqueue every message that has arrived since the last sweep, including those in Deleted Items. Returns their
        number.

        The Inbox's arrivals are listed. Unless `thorough`, its delta query then runs only once an hour while nothing
        unknown is listed. The delta query also reports old messages that were moved to the Inbox.
        """
        seen: set[str] = set()
        found = await self._sweep_arrivals(self.arrivals, seen) if self.arrivals else 0
        thorough = thorough or self.arrivals is None or found > 0 or self._is_stale(await self.state.read(Folder.INBOX))
        folders = [folder for folder in Folder if thorough or folder is not Folder.INBOX]
        return found + sum([(await self._sweep_folder(folder, seen)).found for folder in folders])

    def _is_stale(self, row: Row | None) -> bool:
        """Whether a folder has no state, or one old enough to be renewed."""
        told = str(row.values.get("at", "")) if row else ""
        return not told or datetime.fromisoformat(told) + STATE_MAX_AGE <= self.clock.now()

    async def not_found(self) -> None:
        """Note that a message could not be read despite retries, so that `check_readable` checks whether any message
        can.
        """
        if self.arrivals and await self.state.read("not_found") is None:
            await self.state.write("not_found")

    async def check_readable(self) -> None:
        """Raise MailboxUnreadable if there are messages and none of them can be read. A single unreadable message may
        have been deleted.

        Once messages can be read again, everything is read from the beginning, because messages announced in the
        meantime have been missed. Takes one point read while nothing is wrong.
        """
        row = await self.state.read("not_found") if self.arrivals else None
        if row is None or self.arrivals is None:
            return
        newest = await self.arrivals.newest(PROBES)
        if newest and not any([await self._can_be_read(message) for message in newest]):
            await self.state.write("not_found", told="yes")
            raise MailboxUnreadable(
                "Messages are listed, but reading any of them fails with 404: the app's rights are incomplete, or the "
                "address is that of another mailbox."
            )
        forgotten = (*Folder, "arrivals") if row.values.get("told") else ()
        await self.state.forget(*forgotten, "not_found")

    async def _can_be_read(self, message: str) -> bool:
        try:
            await self.mailbox.read(message)
        except MessageNotFound:
            return False
        return True

    async def _sweep_arrivals(self, arrivals: Arrivals, seen: set[str]) -> int:
        """Enqueue arrivals that the delta query may never report, add listed messages to `seen`, and return how many
        were new.

        The first delta query reports everything, so older messages need not be listed.
        """
        row, now, found = await self.state.read("arrivals"), self.clock.now(), 0
        self._heed_back_off(row)
        since, before = (str(row.values["since"]), str(row.values["seen"])) if row else (now.isoformat(), "")
        pages, marks, until = 0, set(before.split()), now
        try:
            async for page in arrivals.arrived(datetime.fromisoformat(since) - ARRIVALS_OVERLAP):
                found += await self._enqueue([m for m in page.message_ids if _mark(m) not in marks])
                seen.update(page.message_ids)
                pages += 1
                if pages >= SWEEP_MAX_PAGES:
                    until = page.latest + ARRIVALS_OVERLAP  # the next sweep continues from there
                    break
        except RateLimited as busy:
            await self.state.write("arrivals", since=since, seen=before, not_before=self._after(busy))
            raise
        if seen or row is None or datetime.fromisoformat(since) + LISTED_AT_MOST < until:
            listed = " ".join(sorted(map(_mark, seen))[:MOST_MARKS])
            await self.state.write("arrivals", since=until.isoformat(), seen=listed)
        return found

    async def _enqueue(self, messages: Sequence[str]) -> int:
        """Enqueue the messages that need handling. Returns their number."""
        fresh = await self._unfinished(messages)
        await enqueue(self.queue, (Notice(self.integration, m, swept=self.subscriptions is not None) for m in fresh))
        return len(fresh)

    async def poll(self) -> int:
        """Sweep once a minute. While nothing happens, this takes a single call for the Inbox, because messages reach
        Deleted Items through the Inbox. If Exchange moves messages to Deleted Items by itself, that folder is also
        checked every five minutes.
        """
        swept = await self._sweep_folder(Folder.INBOX)
        if swept.stirred or (self.files_away and self.clock.now().minute % 5 == 0):
            swept = _Swept(swept.found + (await self._sweep_folder(Folder.DELETED_ITEMS)).found, stirred=True)
        return swept.found

    async def _sweep_folder(self, folder: Folder, seen: set[str] | None = None) -> "_Swept":
        """Enqueue a folder's new messages, except those in `seen`, which are already in the queue."""
        found, row = 0, await self.state.read(folder)
        state = joined(row) if row else ""
        stirred = not state  # the first time, every folder is read
        self._heed_back_off(row)
        for _ in range(SWEEP_MAX_PAGES):
            changes = await self._changes(folder, state)
            found += await self._enqueue([m for m in changes.message_ids if m not in (seen or ())])
            stirred = stirred or changes.stirred
            if changes.state != state and (changes.stirred or changes.more or self._is_stale(row)):
                # Saved last, so that after a crash before this line the next sweep finds the same messages again. Graph
                # returns a new state each time, even if nothing has happened, but the previous state stays valid.
                state = changes.state
                await self.state.write(folder, **parts(state), at=self.clock.now().isoformat())
            if not changes.more:
                break
        return _Swept(found, stirred)

    async def _changes(self, folder: Folder, state: str) -> Changes:
        """The next page of changes. A server that asks us to wait is also left alone by later runs."""
        try:
            return await self.mailbox.changes(folder, state)
        except RateLimited as busy:
            await self.state.write(folder, **parts(state), not_before=self._after(busy))
            raise

    def _after(self, busy: RateLimited) -> str:
        return (self.clock.now() + timedelta(seconds=busy.retry_after)).isoformat()

    def _heed_back_off(self, row: Row | None) -> None:
        asked = str(row.values.get("not_before", "")) if row else ""
        left = (datetime.fromisoformat(asked) - self.clock.now()).total_seconds() if asked else 0
        if left > 0:
            raise RateLimited("Exchange has asked us to wait.", left)

    async def _unfinished(self, messages: Sequence[str]) -> list[str]:
        """The messages that still need handling, found with one point read per message. Messages that a notification
        announced, or that moved when they were answered, have already been handled. So have most of the messages that
        are reported again after a server has lost its sync state.
        """
        slots, table = asyncio.Semaphore(_LOOKUP_CONCURRENCY), meetings_table(self.storage)

        async def is_done(message: str) -> bool:
            async with slots:
                row = await operation_row(table, self.integration, correlation_id(self.integration, message))
            return bool(row and row.values.get("done"))

        done = await asyncio.gather(*map(is_done, messages))
        return [message for message, is_over in zip(messages, done, strict=True) if not is_over]


@dataclass(frozen=True)
class _Swept:
    """How many messages were found in a folder, and whether anything has happened there."""

    found: int
    stirred: bool


def _mark(message: str) -> str:
    """A short digest, used to remember a listed message."""
    return hashlib.sha256(message.encode()).hexdigest()[:8]
