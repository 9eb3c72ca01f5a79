"""Finds and removes everything that the tables contain about a person.

    user records, personal VMRs      by the e-mail address
    bookings, and their rooms        by the owner of the alias: ids of the person, or a sign-in of the record;
                                     and by texts rendered for the meeting: the address, or words such as the name
    decisions and answers            of these meetings, and those whose text contains the address or the words
    changes that admins made         to all these objects, with everything that is recorded about them; in others, the
                                     fields that contain the address or the words, and the admin's name

This reads all rows of three tables, which is acceptable for an admin's request, but not for a user's.
"""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.api_paths import CONFIGURATION, STATUS, uri
from shared.bookings.booking import Booking
from shared.bookings.operation import Operation
from shared.bookings.rows import RowKind, meetings_table
from shared.bookings.stored import deleting_operation
from shared.changes import ERASED, Change, ChangeLog, ChangeState, Fields
from shared.clock import SystemClock
from shared.conferences.booking_removal import Removals
from shared.conferences.platform import Platform
from shared.errors import InvalidRequest
from shared.mail_addresses import same_address
from shared.meetings.lease import operation_of
from shared.personal.end_user import UserRecord
from shared.personal.fields import digest, normal
from shared.personal.store import VmrStore
from shared.personal.users import UserStore
from shared.personal.vmr import PersonalVmr
from shared.record_lists.counted import CountedLists
from shared.record_lists.journal import Journal, Record
from shared.storage import Delete, Row, RowChanged, Table, Tables

SHORTEST_WORD = 3


@dataclass(frozen=True)
class Person:
    """The person. `ids` are the person's ids in identity tokens: the Entra object id, or Exchange's user id
    (`msexchuid`). `words` are searched for in the texts of meetings, as is the address, ignoring case.
    """

    email: str
    ids: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(word.strip()) < SHORTEST_WORD for word in (self.email, *self.words)):
            raise InvalidRequest(f"A word or address must have at least {SHORTEST_WORD} characters.")

    def is_in(self, *texts: str) -> bool:
        """Whether any of the texts contains the address or one of the words."""
        joined = normal("\n".join(texts))
        return any(normal(word) in joined for word in (self.email, *self.words))


@dataclass(frozen=True)
class DecisionTrace:
    """The key and ETag of a decision's row, and the key of the row for its remaining work."""

    row: Row
    pending_key: str


@dataclass(frozen=True)
class Traces:
    """Everything that is stored about a person."""

    users: Sequence[UserRecord]
    vmrs: Sequence[PersonalVmr]
    bookings: Sequence[Booking]
    decisions: Sequence[DecisionTrace]
    changes: Sequence[Change] = ()
    """Changes that concern the person, as they will be after the erasure."""

    def __bool__(self) -> bool:
        return any((self.users, self.vmrs, self.bookings, self.decisions, self.changes))


async def traces_of(tables: Tables, person: Person) -> Traces:
    """Find everything about a person. Raises Unavailable."""
    users = [user for user in await UserStore(tables).all() if same_address(user.email, person.email)]
    vmrs = await VmrStore(tables).all()
    is_owner = _owners(person, users)
    bookings = [booking async for booking in _bookings(tables) if is_owner(booking.owner) or _mentions(person, booking)]
    vmrs = [vmr for vmr in vmrs if same_address(vmr.primary_owner_email_address, person.email)]
    decisions = [decision async for decision in _decisions(tables, person, bookings)]
    changes = await ChangeLog(tables, SystemClock()).everything()
    return Traces(users, vmrs, bookings, decisions, _erased(person, changes, _uris(users, vmrs, bookings)))


async def erase(tables: Tables, platform: Platform, traces: Traces) -> None:
    """Remove everything: rooms are closed, and aliases become unknown, as if they had never existed. May be repeated if
    interrupted. Decisions are found through bookings, so bookings are removed last. The next run or the nightly cleanup
    then finds everything that an interruption leaves behind. Raises Conflict if one of the rows is being worked on, and
    Unavailable if storage cannot be reached.
    """
    meetings, log, records = meetings_table(tables), ChangeLog(tables, SystemClock()), _records(traces)
    for change in traces.changes:
        await log.rewrite(change)
    for booking in traces.bookings:
        await platform.show(booking.closed())
    await CountedLists(tables).take_out([each.called for each in records])
    for decision in traces.decisions:
        await _erase_decision(meetings, decision)
    for booking in traces.bookings:
        await Removals(tables, platform).remove(booking)
    await Journal(meetings).note_gone(records)
    for user in traces.users:
        await UserStore(tables).delete(user.id)
    for vmr in traces.vmrs:
        await VmrStore(tables).delete(vmr.id)
    # left by an earlier run that was interrupted: no longer a VMR, but the row still has an owner
    await VmrStore(tables).finish_deletions()


async def _erase_decision(meetings: Table, decision: DecisionTrace) -> None:
    """Delete a decision and its remaining work. If the work were left, newer messages about the meeting would wait for
    it forever.
    """
    row = await meetings.get(decision.row.partition, decision.row.key)
    if row is None or row.etag != decision.row.etag:
        raise RowChanged("a decision has changed since it was read")
    pending = await meetings.get(row.partition, decision.pending_key)
    is_its_own = pending is not None and operation_of(pending) == RowKind.OPERATION.name_in(row.key)
    work = [Delete(pending)] if pending and is_its_own else []
    await meetings.commit(row.partition, *await deleting_operation(meetings, row), *work)


def _records(traces: Traces) -> list[Record]:
    """These traces as records in the lists."""
    bookings = [Record.booking(each.integration, each.tag) for each in traces.bookings]
    decided = [(each.row.partition, RowKind.OPERATION.name_in(each.row.key)) for each in traces.decisions]
    return [*bookings, *(Record.operation(*each) for each in decided)]


def _uris(users: Sequence[UserRecord], vmrs: Sequence[PersonalVmr], bookings: Sequence[Booking]) -> frozenset[str]:
    """The URIs of these objects in the management API."""
    return frozenset(
        [uri(CONFIGURATION, "end_user", user.id) for user in users]
        + [uri(CONFIGURATION, "conference", vmr.id) for vmr in vmrs]
        + [uri(STATUS, "meeting", booking.numbers.own) for booking in bookings]
    )


def _erased(person: Person, changes: Sequence[Change], targets: frozenset[str]) -> list[Change]:
    """The changes that concern the person, as they will be after the erasure. Records of one of the person's objects
    are emptied completely. So are the records of a deleted object, if one of its changes concerns the person.
    """
    theirs = targets | {each.target for each in changes if _is_about(person, each)}
    pairs = [(each, _without(person, each, whole=each.target in theirs)) for each in changes]
    return [replace(erased, state=ChangeState.ERASED) for each, erased in pairs if erased != each]


def _is_about(person: Person, change: Change) -> bool:
    """Whether the changed object belongs to this person, judging by its contents. Integrations belong to nobody."""
    return change.target != change.connector and person.is_in(change.name, *map(_text, (change.before, change.after)))


def _without(person: Person, change: Change, *, whole: bool) -> Change:
    def fields(values: Fields | None) -> Fields | None:
        if values is None:
            return None
        return {name: ERASED if whole or person.is_in(_text(value)) else value for name, value in values.items()}

    who = ERASED if person.is_in(change.who) else change.who
    name = ERASED if whole or person.is_in(change.name) else change.name
    return replace(change, who=who, name=name, before=fields(change.before), after=fields(change.after))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _owners(person: Person, users: Sequence[UserRecord]) -> Callable[[str], bool]:
    """Decides whether a `Caller.key` belongs to the person."""
    known = {id_ for user in users for id_ in (user.user_oid, user.exchange_user_id) if id_}
    ids = {normal(id_) for id_ in person.ids | known}
    digests = {key_digest for user in users for _, key_digest, *_ in user.sign_ins}

    def is_theirs(key: str) -> bool:
        method, _, rest = key.partition(":")
        id_ = {"entra": rest.rpartition(":")[2], "exchange": rest.partition(":")[0]}.get(method, "")
        return digest(key) in digests or normal(id_) in ids

    return is_theirs


def _mentions(person: Person, booking: Booking) -> bool:
    conference = booking.conference
    if conference is None:
        return person.is_in(*booking.names)
    texts = (conference.name, conference.description, conference.subject, conference.owner, booking.given_to)
    return person.is_in(*booking.names, *texts, conference.alias_description)


async def _bookings(tables: Tables) -> AsyncIterator[Booking]:
    async for row in meetings_table(tables).everything():
        if RowKind.BOOKING.is_of(row):
            yield Booking.from_row(row)


async def _decisions(tables: Tables, person: Person, bookings: Sequence[Booking]) -> AsyncIterator[DecisionTrace]:
    meetings = {(booking.integration, booking.meeting) for booking in bookings if booking.meeting}
    tags = {booking.tag for booking in bookings}
    async for row in meetings_table(tables).everything():
        if RowKind.OPERATION.is_of(row):
            operation = Operation.from_row(row)
            of_theirs = (row.partition, operation.meeting) in meetings or tags & set(operation.tags)
            if of_theirs or person.is_in(operation.text, operation.error, operation.cause):
                yield DecisionTrace(replace(row, values={}), operation.pending_key)
