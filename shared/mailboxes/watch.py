"""Watching mailboxes: subscriptions are kept alive, and a sweep finds what notifications have missed (M9).

A notification is a hint; the delta query is the truth. State, in the integration's partition of table `meetings`:

    watch:subscription     id, expiry, the terms that it was made under
    watch:<folder>         delta link

each with what it is about: a state of another mailbox or another public address is none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.mailboxes.mailbox import Folder, Mailbox
from shared.mailboxes.subscription import Subscription, Subscriptions
from shared.meetings.notice import Notice, encode
from shared.storage import Delete, Put, Queue, Row, RowChanged, Storage

RENEW_BEFORE = timedelta(hours=48)
MAX_PAGES = 50
"""Pages of one folder in one sweep; the next sweep goes on where this one stopped."""


@dataclass(frozen=True)
class Watcher:
    """Watches the mailbox of one integration.

    `watched` names the mailbox and the public address that is notified: when either changes, watching starts anew.
    Where there are no `subscriptions`, sweeps alone find what has come.
    """

    integration: str
    watched: str
    mailbox: Mailbox
    subscriptions: Subscriptions | None
    storage: Storage
    queue: Queue
    clock: Clock

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
        return sum([await self._sweep_folder(folder) for folder in Folder])

    async def _sweep_folder(self, folder: Folder) -> int:
        found, row = 0, await self._state(folder)
        state = str(row.values["state"]) if row else ""
        for _ in range(MAX_PAGES):
            changes = await self.mailbox.changes(folder, state)
            for body in encode(Notice(self.integration, message, swept=True) for message in changes.message_ids):
                await self.queue.send(body)
            found += len(changes.message_ids)
            if changes.state != state:
                # Only now: a crash before this line lets the next sweep find the same messages again.
                state = changes.state
                await self._remember(folder, state=state)
            if not changes.more:
                break
        return found
