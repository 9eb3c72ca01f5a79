"""What the watcher remembers about a mailbox: rows `watch:<name>` in the integration's partition of table `meetings`.

    watch:subscription     id, expiry, the terms that it was created under
    watch:<folder>         delta link, or EWS's sync state; until when a busy server is left alone
    watch:arrivals         when the Inbox was last listed in addition to the delta query
    watch:not_found        an announced message could not be read: are all unreadable?
    watch:compared         how far the calendar has been compared with the records
    watch:addresses        the mailbox's other addresses (mailbox_addresses.py)

Each row names the mailbox and the public address that it applies to. A state for any other is ignored.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from shared.bookings.rows import WATCHED_PREFIX, RowKind, meetings_table
from shared.mailboxes.subscription import Subscription
from shared.storage import Delete, Put, Row, RowChanged, Storage, Table, Tables

SUBSCRIPTION = "subscription"
ADDRESSES = "addresses"
_COLUMN = 30_000


@dataclass(frozen=True)
class WatchState:
    """The states of one integration. A state for another mailbox or public address is ignored (see Watcher)."""

    storage: Storage
    integration: str
    watched: str
    known: dict[str, Row] | None = None
    """The rows, keyed by row key, if all were read ahead (`prepared`). They are used for one turn, during which no
    other run works on this integration.
    """

    messages_wait: bool = False
    """Whether messages were waiting when the states were read ahead."""

    lined_up: bool = False
    """Whether the mailbox had notices in its queue (lanes.py) when the states were read ahead."""

    @property
    def _table(self) -> Table:
        return meetings_table(self.storage)

    async def prepared(self) -> Self:
        """This object with all states read ahead in one round trip to storage."""
        rows = [row async for row in self._table.rows(self.integration, WATCHED_PREFIX)]
        known = {row.key: row for row in rows if RowKind.WATCH.is_of(row)}
        others = [row for row in rows if not RowKind.WATCH.is_of(row)]
        lined_up = [row for row in others if RowKind.WANTED.is_of(row)]
        return replace(self, known=known, messages_wait=len(lined_up) < len(others), lined_up=bool(lined_up))

    async def read(self, name: str) -> Row | None:
        """The state with this name, or None."""
        key = RowKind.WATCH.key(name)
        row = await self._table.get(self.integration, key) if self.known is None else self.known.get(key)
        return row if row and row.values.get("watched") == self.watched else None

    async def write(self, name: str, **values: str) -> None:
        """Store a state, overwriting any earlier one."""
        key, columns = RowKind.WATCH.key(name), {**values, "watched": self.watched}
        [etag] = await self._table.commit(self.integration, Put(key, columns))
        if self.known is not None:
            self.known[key] = Row(self.integration, key, columns, etag)

    async def remove(self, row: Row) -> None:
        """Remove a state as it was read. Raises RowChanged."""
        await self._table.commit(self.integration, Delete(row))
        if self.known is not None:
            self.known.pop(row.key, None)

    async def forget(self, *names: str) -> None:
        """Remove these states."""
        for name in names:
            if row := await self.read(name):
                with suppress(RowChanged):  # another run has just written the row, and the next sweep will read it
                    await self.remove(row)


async def stored_subscription(tables: Tables, integration: str) -> Subscription | None:
    """An integration's subscription for any mailbox, or None. Takes one point read."""
    row = await meetings_table(tables).get(integration, RowKind.WATCH.key(SUBSCRIPTION))
    return subscription_of(row) if row else None


async def stored_addresses(tables: Tables, integration: str) -> tuple[str, ...]:
    """The mailbox's addresses, the configured one first; () if they are not known."""
    row = await meetings_table(tables).get(integration, RowKind.WATCH.key(ADDRESSES))
    return tuple(str(row.values["addresses"]).split("\n")) if row else ()


def subscription_of(row: Row) -> Subscription:
    """The subscription in a row."""
    return Subscription(str(row.values["id"]), datetime.fromisoformat(str(row.values["expires"])))


def is_subscription(row: Row) -> bool:
    """Whether a row of table `meetings` is an integration's subscription."""
    return row.key == RowKind.WATCH.key(SUBSCRIPTION)


def parts(state: str) -> dict[str, str]:
    """Split a state into as many columns as it needs. EWS's states grow with the folder, and a column holds at most
    32,768 characters.
    """
    rest = range(_COLUMN, len(state), _COLUMN)
    return {"state": state[:_COLUMN]} | {f"state_{start}": state[start : start + _COLUMN] for start in rest}


def joined(row: Row) -> str:
    """Join a state that `parts` has split."""
    state = str(row.values["state"])
    while part := str(row.values.get(f"state_{len(state)}", "")):
        state += part
    return state
