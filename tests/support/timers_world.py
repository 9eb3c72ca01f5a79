"""Timers over integrations whose mailboxes and servers are chosen by the test."""

from dataclasses import dataclass
from typing import Any

from dev.harness.rounds import RoundsInPlace
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.conferences.platform import PolicyPlatform
from shared.errors import NotFound
from shared.intake.notice import decode
from shared.intake.watcher import Watcher
from shared.integrations import Integration, IntegrationStore
from shared.meetings.chores import Chores
from shared.meetings.handlers import Handlers
from shared.meetings.retirement import Retirement
from shared.meetings.timers import Timers
from shared.meetings.turns import Turns
from shared.queues import ROUNDS
from shared.record_lists.lists import RecordLists
from tests.fakes.clock import FakeClock
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.subscriptions import FakeSubscriptions
from tests.support.integrations import graph_fields
from tests.support.meetings_world import MeetingsWorld


@dataclass
class Place:
    """One integration's mailbox and subscriptions."""

    site: MeetingsWorld
    subscriptions: FakeSubscriptions
    watcher: Watcher

    @property
    def mailbox(self) -> FakeMailbox:
        return self.site.mailbox


class TimersWorld:
    """Several integrations, and the timers that process them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.storage = MemoryStorage()
        self.store = IntegrationStore(self.storage, MemorySecrets(), self.clock)
        self.alarms = Alarms(self.storage, self.clock)
        signed = self.renew_sign_in, self.alarms, self.storage, self.clock
        self.chores = Chores(self.handlers, self.watcher, self.store.get, *signed)
        turns, queue = Turns(self.storage, self.clock), self.storage.queue(ROUNDS)
        parts = self.store, turns, self.chores, self.alarms, queue, self.clock
        self.rounds = RoundsInPlace(*parts, self.due_rooms, queue)
        retirement = Retirement(self.storage, PolicyPlatform(self.storage))
        lists = RecordLists(self.storage, self.clock, self.store.uuid_after, self.store.id_of)
        self.timers = Timers(self.store, self.rounds, self.handlers, self.alarms, retirement, lists)
        self.signed_in: list[str] = []
        self.looks_for_rooms = 0
        self.places: dict[str, Place] = {}

    async def add(self, name: str, **fields: Any) -> str:
        """Add an integration with this name, and return its uuid."""
        address = f"{name}@example.com"
        integration = await self.store.create(graph_fields(name=name, room_mailbox_email_address=address, **fields))
        site = MeetingsWorld(integration, self.clock, self.storage)
        subscriptions, queue = FakeSubscriptions(), self.storage.queue("meeting-requests")
        notifies = None if integration.uses_ews else subscriptions
        arrivals = None if integration.uses_ews else site.mailbox
        parts = site.mailbox, notifies, self.storage, queue, self.clock
        watcher = Watcher(integration.uuid, name, *parts, arrivals=arrivals)
        self.places[integration.uuid] = Place(site, subscriptions, watcher)
        return integration.uuid

    async def handlers(self, uuid: str) -> Handlers:
        place = self.places.get(uuid)
        if place is None:
            raise NotFound("There is no such integration.")
        return Handlers(place.site.processor(), place.watcher, place.site.agenda())

    def watcher(self, outline: Integration) -> Watcher:
        return self.places[outline.uuid].watcher

    async def due_rooms(self) -> None:
        self.looks_for_rooms += 1

    async def renew_sign_in(self, outline: Integration) -> None:
        self.signed_in.append(outline.uuid)

    async def raised(self, uuid: str) -> list[AlarmKind]:
        return [alarm.kind async for alarm in self.alarms.of(uuid)]

    def found(self) -> list[str]:
        return [notice.message for body, _ in self.storage.queue("meeting-requests").sent for notice in decode(body)]


EWS = {
    "authentication_method": "NTLM",
    "url": "https://mail.example.com/EWS/Exchange.asmx",
    "username": "svc@example.com",
    "password": "secret",
}
