"""Change notifications of a mailbox: a subscription that the other side holds, for a while."""

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
        """What new ones are made under. One that was made under other terms is of no use any more."""
        ...

    async def create(self, now: datetime) -> Subscription:
        """Subscribe again."""
        ...

    async def renew(self, subscription_id: str, now: datetime) -> Subscription | None:
        """Prolong; None when the other side has lost it."""
        ...
