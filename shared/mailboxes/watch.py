"""Watching mailboxes: subscriptions are kept alive, and a sweep finds what notifications have missed (M9).

A notification is a hint; the delta query is the truth. State, in the integration's partition of table `meetings`:

    watch:subscription     id, expiry, the terms that it was made under
    watch:<folder>         delta link, or EWS's sync state; until when a busy server is left alone

each with what it is about: a state of another mailbox or another public address is none.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.errors import RateLimited
from shared.mailboxes.mailbox import Changes, Folder, Mailbox
from shared.mailboxes.subscription import Subscription, Subscriptions
from shared.meetings.notice import Notice, encode
from shared.meetings.operation import correlation_id
from shared.storage import Delete, Put, Queue, Row, RowChanged, Storage

RENEW_BEFORE = timedelta(hours=48)
MAX_PAGES = 50
"""Pages of one folder in one sweep; the next sweep goes on where this one stopped."""

_AT_ONCE = 16
_COLUMN = 30_000


@dataclass(frozen=True)
class Watcher:
    """Watches the mailbox of one integration.

    `watched` names the mailbox and the public address that is notified: when either changes, watching starts anew.
    Where there are no `subscriptions`, polls find what has come. `files_away` says that this Exchange files some
    updates away by itself, as Exchange Online does (facts/graph-ews-tokens.md §7).
    """

    integration: str
    watched: str
    mailbox: Mailbox
    subscriptions: Subscriptions | None
    storage: Storage
    queue: Queue
    clock: Clock
    files_away: bool = False

    async def keep_subscribed(self, *, at_once: bool = False) -> bool:
        """Renew the subscription when less than two days are left (or at once); whether a new one had to be made.

        Whoever gets True sweeps: what came in between raised no notification.
        """
        if self.subscriptions is None:
            return False
        table, now, terms = self.storage.table("meetings"), self.clock.now(), self.subscriptions.terms
        row = await self._state("subscription")
        if row and row.values.get("terms") == terms:
            if not at_once and now + RENEW_BEFORE < datetime.fromisoformat(str(row.values["expires"])):
                return False
            if renewed := await self.subscriptions.renew(str(row.values["id"]), now):
                await self._subscribed(renewed, terms)
                return False
            try:
                # Should creating fail, nobody takes the lost one for alive.
                await table.commit(self.integration, Delete(row))
            except RowChanged:
                return True  # another run has subscribed this moment
        await self._subscribed(await self.subscriptions.create(now), terms)
        return True

    async def _subscribed(self, to: Subscription, terms: str) -> None:
        await self._remember("subscription", id=to.id, expires=to.expires.isoformat(), terms=terms)

    async def _state(self, name: str) -> Row | None:
        row = await self.storage.table("meetings").get(self.integration, f"watch:{name}")
        return row if row and row.values.get("watched") == self.watched else None

    async def _remember(self, name: str, **values: str) -> None:
        row = Put(f"watch:{name}", {**values, "watched": self.watched})
        await self.storage.table("meetings").commit(self.integration, row)

    async def resync(self, *, resubscribe: bool) -> int:
        """Mend the subscription if asked to, then sweep; how many messages were found."""
        if resubscribe:
            await self.keep_subscribed(at_once=True)
        return await self.sweep()

    async def sweep(self) -> int:
        """Enqueue every message that has come since the last sweep, Deleted Items included; how many that were."""
        return sum([(await self._sweep_folder(folder)).found for folder in Folder])

    async def poll(self) -> int:
        """The same, every minute, with one call while nothing happens: what is filed away was in the Inbox before.

        Where Exchange files away by itself, Deleted Items is looked at every five minutes, too.
        """
        swept = await self._sweep_folder(Folder.INBOX)
        if swept.stirred or (self.files_away and self.clock.now().minute % 5 == 0):
            swept = _Swept(swept.found + (await self._sweep_folder(Folder.DELETED_ITEMS)).found, stirred=True)
        return swept.found

    async def _sweep_folder(self, folder: Folder) -> "_Swept":
        found, row = 0, await self._state(folder)
        state = _joined(row) if row else ""
        stirred = not state  # at first, every folder is looked at
        self._heed_back_off(row)
        for _ in range(MAX_PAGES):
            changes = await self._changes(folder, state)
            fresh = await self._unfinished(folder, changes.message_ids)
            for body in encode(Notice(self.integration, m, swept=self.subscriptions is not None) for m in fresh):
                await self.queue.send(body)
            found, stirred = found + len(fresh), stirred or changes.stirred
            if changes.state != state:
                # Only now: a crash before this line lets the next sweep find the same messages again.
                state = changes.state
                await self._remember(folder, **_parts(state))
            if not changes.more:
                break
        return _Swept(found, stirred)

    async def _changes(self, folder: Folder, state: str) -> Changes:
        """The next page. A server that asks to wait is left alone by later runs, too."""
        try:
            return await self.mailbox.changes(folder, state)
        except RateLimited as busy:
            until = self.clock.now() + timedelta(seconds=busy.retry_after)
            await self._remember(folder, **_parts(state), not_before=until.isoformat())
            raise

    def _heed_back_off(self, row: Row | None) -> None:
        asked = str(row.values.get("not_before", "")) if row else ""
        left = (datetime.fromisoformat(asked) - self.clock.now()).total_seconds() if asked else 0
        if left > 0:
            raise RateLimited("Exchange has asked to wait.", left)

    async def _unfinished(self, folder: Folder, messages: Sequence[str]) -> list[str]:
        """Messages that need a look. What was filed away when it was answered needs none; a point read tells."""
        if folder is Folder.INBOX:
            return list(messages)
        room, table = asyncio.Semaphore(_AT_ONCE), self.storage.table("meetings")

        async def is_done(message: str) -> bool:
            async with room:
                row = await table.get(self.integration, f"operation:{correlation_id(self.integration, message)}")
            return bool(row and row.values.get("done"))

        done = await asyncio.gather(*map(is_done, messages))
        return [message for message, is_over in zip(messages, done, strict=True) if not is_over]


@dataclass(frozen=True)
class _Swept:
    """How many messages a folder brought, and whether anything at all has happened there."""

    found: int
    stirred: bool


def _parts(state: str) -> dict[str, str]:
    """A state in as many columns as it needs: EWS's grow with the folder, and a column holds 32,768 characters."""
    rest = range(_COLUMN, len(state), _COLUMN)
    return {"state": state[:_COLUMN]} | {f"state_{start}": state[start : start + _COLUMN] for start in rest}


def _joined(row: Row) -> str:
    """What `_parts` has split."""
    state = str(row.values["state"])
    while part := str(row.values.get(f"state_{len(state)}", "")):
        state += part
    return state
