"""Table `meetings`: its kinds of rows. This module alone builds their keys.

All rows of one integration share a partition, named after its uuid, so that they can change together:

    tag:<uuid>               a booking: alias, meeting, conference             bookings/booking.py
    meeting:<key>            which tag a meeting has                           bookings/booking.py
    meeting:<key>:<day>      the tag of an occurrence's separate room          bookings/booking.py
    removed:<tag>            a deleted booking, alias not yet released         bookings/removal_steps.py
    operation:<correlation>  the decision on a message, and its answer         bookings/operation.py
    decided:<key>:<when>:<operation>  links a meeting to an operation          bookings/operation.py
    pending:<about>          an operation's unfinished work, with its lease    meetings/lease.py
    wanted:<when>            a notice that is queued behind others             meetings/lanes.py
    waiting:<correlation>    a message that could not be handled yet           meetings/waiting.py
    due:<day>:<task>:<of>    a task that is due on a day                       bookings/due_tasks.py
    symptom                  the last sign of wrong mailbox settings           meetings/symptoms.py
    watch:<name>             subscription, delta links, known addresses, …     intake/watch_state.py
    alarm:<kind>             an alarm, as stored by earlier versions           alarms.py
    quota:<digest>           how many aliases a user may still request         aliases/quota.py
    room:<tag>               a room that may be on a Management Node           conferences/room_records.py
    clash:<tag>              an alias that another conference uses             conferences/room_ahead.py
    move                     the progress of a move to another platform        conferences/room_moves.py

The modules on the right define the columns. Some partitions do not belong to a single integration:

    sign-in / <expiry>-<digest>        a one-time code of the pane's sign-in       identity/sign_in/codes.py
    retired / <integration>            a deleted integration, with records left    meetings/retirement.py
    numbers / <kind>:<number>          the management API's number of a booking  bookings/numbering.py
    nodes / <node>                     requests to a Management Node               management_node/allowance.py
    rooms / <minute>:<of>:<tag>        when a Management Node is updated           conferences/room_due_times.py
    alarms-<n> / <integration>:<kind>  a raised alarm                              alarms.py
    lists / …                          lists of bookings and operations            record_lists/counted.py
    turns-<n> / <integration>          whose turn it is and what is due when       meetings/turns.py

Alarms and turns are sharded by the first digit of the uuid. This avoids a hot partition for the rows that every round
reads and writes, and neighbours in uuid order are still read and written together.

`tests/conformance/test_table_owners.py` enforces all of this.
"""

from enum import StrEnum

from shared.storage import MEETINGS, Row, Table, Tables

SIGN_IN_PARTITION = "sign-in"
RETIRED_PARTITION = "retired"
NUMBERS_PARTITION = "numbers"
NODES_PARTITION = "nodes"
ROOM_TIMES_PARTITION = "rooms"
ALARMS_PARTITION = "alarms"
TURNS_PARTITION = "turns"
LISTS_PARTITION = "lists"

SHARDS = "0123456789abcdef"
"""The first characters of the uuids in each shard."""


class RowKind(StrEnum):
    """A kind of row in an integration's partition; its keys start with the value."""

    BOOKING = "tag"
    LINK = "meeting"
    REMOVED = "removed"
    OPERATION = "operation"
    DECIDED = "decided"
    PENDING = "pending"
    WAITING = "waiting"
    DUE = "due"
    SYMPTOM = "symptom"
    WANTED = "wanted"
    WATCH = "watch"
    ALARM = "alarm"
    QUOTA = "quota"
    ROOM = "room"
    CLASH = "clash"
    MOVE = "move"

    @property
    def prefix(self) -> str:
        """The prefix of the keys of this kind, for listing them."""
        return f"{self}:"

    def key(self, *parts: str) -> str:
        """The key of the row with these parts. A kind that has only one row takes no parts."""
        return ":".join((self, *parts))

    def is_of(self, row: Row) -> bool:
        """Whether a row is of this kind."""
        return row.key == self or row.key.startswith(self.prefix)

    def name_in(self, key: str) -> str:
        """The part of a key after this kind's prefix."""
        return key.removeprefix(self.prefix)


WATCHED_PREFIX = "wa"
"""The prefix of the rows that the watcher reads in one query: its own row, waiting messages and queued notices.

No other kind of row has this prefix.
"""


def shard(partition: str, integration: str) -> str:
    """The shard of a shared partition that contains an integration's rows."""
    return f"{partition}-{integration[:1]}"


def shards(partition: str, after: str, until: str) -> list[str]:
    """The shards that may contain rows of integrations after `after` and up to `until`; both are uuids, or "" for no
    bound.
    """
    first, last = after[:1], until[:1] or SHARDS[-1]
    return [f"{partition}-{digit}" for digit in SHARDS if first <= digit <= last]


def meetings_table(tables: Tables) -> Table:
    """Table `meetings`."""
    return tables.table(MEETINGS)


def joined(parts: tuple[str, ...]) -> str:
    """A list of ids as text for one column. No id contains a space, so `split` can restore the list."""
    return " ".join(parts)


def split(column: str) -> tuple[str, ...]:
    """The list of ids in a column."""
    return tuple(column.split())
