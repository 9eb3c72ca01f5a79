"""Change notifications in memory."""

from datetime import datetime, timedelta

from shared.mailboxes.subscription import Subscription

LIFETIME = timedelta(days=6)


class FakeSubscriptions:
    """A Subscriptions. `alive` holds what the other side knows; `failure` is raised by creating, when it is set."""

    def __init__(self) -> None:
        self.alive: dict[str, datetime] = {}
        self.client_states: list[str] = []
        self.failure: Exception | None = None
        self.renewed = 0

    async def create(self, client_state: str, now: datetime) -> Subscription:
        if self.failure:
            raise self.failure
        self.client_states.append(client_state)
        created = Subscription(f"subscription-{len(self.client_states)}", now + LIFETIME)
        self.alive[created.id] = created.expires
        return created

    async def renew(self, subscription_id: str, now: datetime) -> Subscription | None:
        self.renewed += 1
        if self.alive.get(subscription_id, now) <= now:
            return None
        self.alive[subscription_id] = now + LIFETIME
        return Subscription(subscription_id, now + LIFETIME)
