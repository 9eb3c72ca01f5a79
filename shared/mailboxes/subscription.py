"""Change notifications of a mailbox: a subscription held by the other side for a limited time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Subscription:
    """A subscription, and when it ends unless it is renewed."""

    id: str
    expires: datetime


class Subscriptions(Protocol):
    """Change notifications of one mailbox."""

    @property
    def terms(self) -> str:
        """The terms of new subscriptions. One made under other terms can no longer be used."""
        ...

    async def create(self, now: datetime) -> Subscription:
        """Subscribe again."""
        ...

    async def renew(self, subscription_id: str, now: datetime) -> Subscription | None:
        """Renew; None if the other side has lost it."""
        ...
