"""Table `meetings`: its kinds of rows, and the one place where their keys are spelt.

All rows of one integration share a partition, named by its uuid, so that they change together:

    tag:<uuid>               a booking: alias, meeting, conference             bookings/booking.py
    meeting:<key>            which tag a meeting has                           bookings/booking.py
    meeting:<key>:<day>      which tag one of its occurrences has alone        bookings/booking.py
    removed:<tag>            a deleted booking whose alias is to come free     bookings/removal.py
    operation:<correlation>  what was decided on a message, and answered       bookings/operation.py
    pending:<about>          an operation's work that is left, with its lease  meetings/lease.py
    wanted:<when>            a notice that is lined up behind others           meetings/lanes.py
    waiting:<correlation>    a message that could not be handled yet           meetings/waiting.py
    due:<day>:<task>:<of>    what falls due on a day                           bookings/due_tasks.py
    symptom                  the last hint at wrong settings of the mailbox    meetings/symptoms.py
    watch:<name>             subscription, delta links, known addresses, …     intake/watch_state.py
    alarm:<kind>             an alarm, as earlier versions kept it             alarms.py
    quota:<digest>           how many aliases a user may still ask for         aliases/quota.py
    room:<tag>               a room that may be on a Management Node           conferences/room_records.py
    clash:<tag>              an alias that another conference has              conferences/room_ahead.py
    move                     how far bookings are moved to another platform    conferences/room_moves.py

The module named is the one that knows the columns. Some partitions belong to no single integration:

    sign-in / <expiry>-<digest>        a one-time code of the pane's sign-in        identity/sign_in/codes.py
    retired / <integration>            a deleted one whose records are still to go  meetings/retirement.py
    numbers / <kind>:<number>          what the management API calls a booking      bookings/numbering.py
    nodes / <node>                     what a Management Node has been asked        management_node/allowance.py
    rooms / <minute>:<of>:<tag>        when a Management Node has to be told        conferences/room_times.py
    alarms-<n> / <integration>:<kind>  an alarm that is raised                      alarms.py
    turns-<n> / <integration>          whose turn it is, and what is due when       meetings/turns.py

The last two are spread by the first digit of the uuid, so that what every round reads and writes is no hot partition,
and neighbours in the order of uuids are read and written together.

`tests/conformance/test_table_owners.py` holds all of this.
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

SHARDS = "0123456789abcdef"
"""What the uuids of a shard begin with."""


class RowKind(StrEnum):
    """A kind of row in an integration's partition; the value begins its keys."""

    BOOKING = "tag"
    LINK = "meeting"
    REMOVED = "removed"
    OPERATION = "operation"
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
        """What the keys of this kind begin with, to list them by."""
        return f"{self}:"

    def key(self, *parts: str) -> str:
        """The key of the row that the parts name; a kind of which there is one row has none."""
        return ":".join((self, *parts))

    def is_of(self, row: Row) -> bool:
        """Whether a row is of this kind."""
        return row.key == self or row.key.startswith(self.prefix)

    def name_in(self, key: str) -> str:
        """What a key of this kind says behind its prefix."""
        return key.removeprefix(self.prefix)


WATCHED_PREFIX = "wa"
"""What watching a mailbox reads at once: its own rows, messages that wait, notices that are lined up. No other kind
begins like this.
"""


def shard(partition: str, integration: str) -> str:
    """The partition that holds an integration's rows, of those that integrations share."""
    return f"{partition}-{integration[:1]}"


def shards(partition: str, after: str, until: str) -> list[str]:
    """The partitions that may hold rows of integrations behind `after`, up to `until`; both uuids, or "" for any."""
    first, last = after[:1], until[:1] or SHARDS[-1]
    return [f"{partition}-{digit}" for digit in SHARDS if first <= digit <= last]


def meetings_table(tables: Tables) -> Table:
    """Table `meetings`."""
    return tables.table(MEETINGS)


def joined(parts: tuple[str, ...]) -> str:
    """A list of ids in one column. None of them holds a space: `split` makes the same list of it."""
    return " ".join(parts)


def split(column: str) -> tuple[str, ...]:
    """The list that a column holds."""
    return tuple(column.split())
