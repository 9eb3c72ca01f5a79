"""The processor and its in-memory dependencies. Tests can replace any of them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dev.harness.storage import MemoryStorage
from shared.alarms import Alarms
from shared.aliases.allocation import Allocator, alias_format
from shared.aliases.promises import Promises
from shared.aliases.quota import of_user
from shared.aliases.tags import format_tag
from shared.bookings.booking import Booking
from shared.bookings.operation import LEASE_TIME, Operation, correlation_id
from shared.conferences.platform import Platform, PolicyPlatform
from shared.conferences.policy import Policy
from shared.conferences.room_work import is_room_work
from shared.identity.caller import Caller
from shared.intake.notice import Notice, decode
from shared.intake.watcher import Watcher
from shared.integrations import Integration
from shared.meetings.backlog import Backlog
from shared.meetings.decider import Decider
from shared.meetings.due_runner import DueRunner
from shared.meetings.processor import Processor
from shared.meetings.records import Records
from shared.meetings.waiting import FIRST_PAUSE
from shared.storage import Storage
from tests.fakes.clock import FakeClock
from tests.fakes.counting import FakeCounting
from tests.fakes.mailbox import FakeMailbox
from tests.support.integrations import an_integration

KEY = b"k" * 32


def stored_integration(uuid: str = "11111111-1111-4111-8111-111111111111", **changes: Any) -> Integration:
    """An integration as returned by the store."""
    return an_integration(**changes).model_copy(update={"uuid": uuid, "id": 1})


@dataclass
class MeetingsWorld:
    """One integration with its mailbox, storage and clock. A test that replaces `integration` must do so first."""

    integration: Integration = field(default_factory=stored_integration)
    clock: FakeClock = field(default_factory=FakeClock)
    storage: MemoryStorage = field(default_factory=MemoryStorage)

    def __post_init__(self) -> None:
        self.mailbox = FakeMailbox(self.clock)
        self.allocator = Allocator(self.storage, self.clock, KEY)
        self.promises = Promises(KEY, self.clock)
        self.policy = Policy(self.storage, self.clock)
        self.records = Records(self.storage, self.integration.uuid)
        self.alarms = Alarms(self.storage, self.clock)
        self.counting = FakeCounting()
        self.queue = self.storage.queue("meeting-requests")

    def processor(self, **parts: Any) -> Processor:
        """The processor, with `parts` instead of its usual parts."""
        usual: dict[str, Any] = {
            "integration": self.integration,
            "mailbox": self.mailbox,
            "platform": self.platform(self.storage),
            "records": self.records,
            "decider": self.decider(self.records, self.allocator),
            "queue": self.queue,
            "alarms": self.alarms,
            "counting": self.counting,
            "clock": self.clock,
        }
        return Processor(**usual | parts)

    def platform(self, storage: Storage) -> Platform:
        """The conference platform, using the given storage."""
        return PolicyPlatform(storage)

    async def handle_rooms(self, body: str) -> None:
        """Fail: no room is on a node, so the queue must not contain messages about such rooms."""
        raise AssertionError(body)

    def decider(self, records: Records, allocator: Allocator) -> Decider:
        """The decider that uses the given records."""
        return Decider(self.integration, records, allocator, self.promises, self.clock)

    def backlog(self) -> Backlog:
        """A backlog that does not check whether a message that cannot be found was really deleted."""
        parts = self.mailbox, None, self.storage, self.queue, self.clock
        return Backlog(self.processor(), Watcher(self.integration.uuid, "", *parts))

    def agenda(self) -> DueRunner:
        """The runner for agenda entries that are due."""
        platform = self.platform(self.storage)
        return DueRunner(self.integration.uuid, self.mailbox, platform, self.records, self.storage, self.clock)

    async def reserve(self, user: str = "alice", *, limited: bool = False) -> Booking:
        """Reserve an alias, as a click in the add-in does. If it is `limited`, it counts towards the user's quota."""
        form, caller = alias_format(self.integration), Caller(user, "test")
        lifetime = timedelta(days=self.integration.reservation_days)
        limits = of_user(caller) if limited else ()
        return await self.allocator.allocate(self.integration.uuid, form, caller, lifetime, limits=limits)

    async def process(self, message_id: str) -> None:
        """Let the queue deliver a message."""
        await self.processor().process(Notice(self.integration.uuid, message_id))

    async def settle(self) -> None:
        """Let leases expire, complete unfinished work, and deliver the messages that were returned to the queue."""
        self.clock.move(max(LEASE_TIME, FIRST_PAUSE) + timedelta(seconds=1))
        await self.backlog().handle(timedelta(minutes=1))
        while self.queue.sent:
            body, _ = self.queue.sent.pop(0)
            if is_room_work(body):
                await self.handle_rooms(body)
                continue
            for notice in decode(body):
                await self.processor().process(notice)

    async def operation(self, message_id: str) -> Operation | None:
        """The decision on a message."""
        return await self.records.operation(correlation_id(self.integration.uuid, message_id))

    async def is_open(self, alias: str) -> bool | None:
        """Whether the room is open to conferencing nodes, or None if the alias is unknown."""
        answer = await self.policy.service_configuration(alias)
        return None if answer is None else answer[0] == "continue"

    @property
    def told(self) -> list[tuple[str, str]]:
        """The kind and text of every answer that reached the organizer."""
        return [(sent.answer.value, sent.text) for sent in self.mailbox.answers if sent.text is not None]


def body(booking: Booking) -> str:
    """The body of an invitation with the booking's tag."""
    return f"<p>Agenda</p><p>{format_tag(booking.tag)}</p>"
