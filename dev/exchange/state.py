"""The simulated Exchange as a whole."""

from asyncio import Event
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from dev.exchange.attendant import Attendant
from dev.exchange.calendar import Entry, find_occurrence
from dev.exchange.directory import Directory
from dev.exchange.ews.state import Ews
from dev.exchange.faults import Faults
from dev.exchange.graph.delta import DeltaRounds
from dev.exchange.graph.notices import change_notice, lifecycle_notice
from dev.exchange.identity import Identity
from dev.exchange.meetings import Meetings
from dev.exchange.model import Meeting
from dev.exchange.notifications import Notifier
from dev.exchange.post import PostOffice
from dev.exchange.responses import Responses
from dev.exchange.store import Change, Store
from dev.exchange.subscriptions import Subscription, Subscriptions
from dev.exchange.variants import Variants
from dev.movable_clock import MovableClock


@dataclass
class Settings:
    """The addresses of other parts of the stack: ``functions_url`` for the functions host, and ``node_url`` for the
    Management Node. When the clock moves, the node is notified first, and then the host. An empty address is skipped.
    """

    functions_url: str = ""
    node_url: str = ""
    addin_audience: str = ""

    @property
    def audience(self) -> str:
        """The default audience of identity tokens: the URL of the add-in's pane."""
        pane = "/addin/11111111-1111-4111-8111-111111111111/pane"
        return self.addin_audience or f"{self.functions_url or 'http://127.0.0.1:7071'}{pane}"


@dataclass
class Traffic:
    """Counts requests from clients: to Graph by method and path template, and to EWS by operation. ``running`` counts
    current requests, keyed by mailbox for Graph and by account for EWS.
    """

    requests: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    running: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0

    def reset(self) -> None:
        """Reset the request counters."""
        self.requests.clear()
        self.throttled = self.most_at_once = 0


class Exchange:
    """A simulated Exchange with all its parts."""

    def __init__(self, settings: Settings | None = None, clock: MovableClock | None = None) -> None:
        self.settings = settings or Settings()
        #: Set to request a restart with empty state. The program that runs this service then restarts it.
        self.is_over = Event()
        self.clock = clock or MovableClock()
        self.directory = Directory()
        self.faults = Faults()
        self.variants = Variants()
        self.application_scopes: dict[str, frozenset[str]] = {}
        self.identity = Identity(self.clock)
        self.traffic = Traffic()
        #: The application roles that have not been granted. The default is "User.Read.All", which the product does not
        #: need.
        self.withheld: set[str] = {"User.Read.All"}
        self.store = Store(self.clock)
        self.attendant = Attendant(self.store, self.clock)
        self.post = PostOffice(self.store, self.directory, self.attendant)
        self.responses = Responses(self.store, self.post, self.clock)
        self.post.auto_answer = self.responses.accept_by_itself
        self.meetings = Meetings(self.store, self.directory, self.post)
        self.delta = DeltaRounds(self.store)
        self.ews = Ews()
        self.notifier = Notifier(self.clock, self.faults)
        self.notifier.on_dropped = self._missed
        self.subscriptions = Subscriptions(self.clock)
        self.subscriptions.on_lifecycle = self.send_lifecycle
        self.store.listeners.append(self._notify)

    def entry_for(self, owner: str, meeting: Meeting) -> Entry | None:
        """The calendar's entry for the meeting that a message is about: a meeting, a series, or one occurrence."""
        event = self.store.event(owner, meeting.uid) or self.store.event(owner, meeting.uid, meeting.original_start)
        return find_occurrence(event, meeting) if event else None

    def move_clock(self, when: datetime) -> None:
        """Move the clock forward, and run everything that has become due. Raises `ClockError`."""
        self.clock.move_to(when)
        self.subscriptions.tick()
        self.notifier.clock_moved()

    def send_lifecycle(self, subscription: Subscription, event: str) -> None:
        """Send a lifecycle notification, if the subscription has a URL for it."""
        if subscription.lifecycle_url:
            self.notifier.lifecycle(subscription.lifecycle_url, lifecycle_notice(subscription, event))

    def _missed(self, subscription_ids: set[str]) -> None:
        for subscription in self.subscriptions:
            if subscription.id in subscription_ids:
                self.send_lifecycle(subscription, "missed")

    def _notify(self, change: Change) -> None:
        for subscription in self.subscriptions.interested(change):
            self.notifier.change(subscription.notification_url, change_notice(subscription, change))
