"""In-memory change notifications."""

from datetime import datetime, timedelta

from shared.mailboxes.subscription import Subscription

SUBSCRIPTION_LIFETIME = timedelta(days=6)


class FakeSubscriptions:
    """A fake `Subscriptions`. `alive` contains the subscriptions that exist in Graph. `failure`, if set, is raised on
    creation.
    """

    def __init__(self) -> None:
        self.alive: dict[str, datetime] = {}
        self.made: list[str] = []
        self.terms = "first"
        self.failure: Exception | None = None
        self.renewed = 0

    async def create(self, now: datetime) -> Subscription:
        if self.failure:
            raise self.failure
        created = Subscription(f"subscription-{len(self.made) + 1}", now + SUBSCRIPTION_LIFETIME)
        self.made.append(created.id)
        self.alive[created.id] = created.expires
        return created

    async def renew(self, subscription_id: str, now: datetime) -> Subscription | None:
        self.renewed += 1
        if self.alive.get(subscription_id, now) <= now:
            return None
        self.alive[subscription_id] = now + SUBSCRIPTION_LIFETIME
        return Subscription(subscription_id, now + SUBSCRIPTION_LIFETIME)
