"""Subscriptions to change notifications (docs/facts/exchange.md §3)."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dev.exchange.store import CALENDAR, Change
from dev.movable_clock import MovableClock

LONGEST = timedelta(minutes=10_080)
SHORTEST = timedelta(minutes=45)
LIFECYCLE = ("missed", "subscriptionRemoved", "reauthorizationRequired")


@dataclass(frozen=True)
class Topic:
    """What a subscription is for. ``folder`` is a mail folder, `CALENDAR`, or None for the messages in the whole
    mailbox.
    """

    owner: str
    folder: str | None

    def concerns(self, change: Change) -> bool:
        """Whether the subscription covers a change.

        If a subscription is for a whole mailbox, a move is reported as a creation (exchange.md §3). Here the deletion
        is not reported, but this has not been confirmed against a live tenant.
        """
        if change.owner != self.owner:
            return False
        if self.folder is not None:
            return change.folder == self.folder
        return change.folder != CALENDAR and not (change.is_move and change.kind == "deleted")


@dataclass
class Subscription:
    """A subscription. ``resource`` is stored as written by the client. ``immutable_ids`` is fixed at creation."""

    resource: str
    topic: Topic
    changes: frozenset[str]
    change_type: str
    notification_url: str
    lifecycle_url: str | None
    client_state: str | None
    immutable_ids: bool
    starts: datetime
    expires: datetime
    warned: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def renew(self, now: datetime, expires: datetime) -> None:
        """Keep the subscription until ``expires``, but for at least 45 minutes. Raises ValueError if ``expires`` is in
        the past or too far ahead.
        """
        if expires <= now:
            raise ValueError("Subscription expiration must be in the future.")
        if expires - now > LONGEST:
            raise ValueError(
                f"Subscription expiration can only be {LONGEST // timedelta(minutes=1)} minutes in the future."
            )
        self.starts, self.expires, self.warned = now, max(expires, now + SHORTEST), False

    def wants_reauthorization(self, now: datetime) -> bool:
        """Whether the service must request reauthorization now.

        The exact time has not been confirmed against a live tenant. Here it is in the last quarter of the
        subscription's lifetime, and at most twelve hours before expiry.
        """
        left = self.expires - now
        return not self.warned and left < min(timedelta(hours=12), (self.expires - self.starts) / 4)


class Subscriptions:
    """All subscriptions. They all belong to the same application."""

    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        self._all: dict[str, Subscription] = {}
        self.on_lifecycle: Callable[[Subscription, str], None] = lambda _subscription, _event: None

    def __iter__(self) -> Iterator[Subscription]:
        return iter(list(self._all.values()))

    def get(self, subscription_id: str) -> Subscription | None:
        """The subscription with the given id, unless it has expired."""
        return self._all.get(subscription_id.casefold())

    def twin(self, wanted: Subscription) -> Subscription | None:
        """An existing subscription to the same resource for the same kinds of changes."""
        return next((s for s in self if (s.topic, s.changes) == (wanted.topic, wanted.changes)), None)

    def add(self, subscription: Subscription) -> None:
        """Start a subscription."""
        self._all[subscription.id] = subscription

    def remove(self, subscription_id: str) -> None:
        """End a subscription without a notification."""
        self._all.pop(subscription_id, None)

    def interested(self, change: Change) -> list[Subscription]:
        """The subscriptions that cover a change."""
        now = self._clock.now()
        return [s for s in self if s.expires > now and change.kind in s.changes and s.topic.concerns(change)]

    def tick(self) -> None:
        """Remove expired subscriptions, and request reauthorization for those that need it."""
        now = self._clock.now()
        for subscription in self:
            if subscription.expires <= now:
                self.remove(subscription.id)
                self.on_lifecycle(subscription, "subscriptionRemoved")
            elif subscription.wants_reauthorization(now):
                subscription.warned = True
                self.on_lifecycle(subscription, "reauthorizationRequired")
