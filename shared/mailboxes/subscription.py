"""Change notifications for a mailbox. Exchange keeps a subscription only for a limited time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Subscription:
    """A subscription, with the time at which it expires unless renewed."""

    id: str
    expires: datetime


class Subscriptions(Protocol):
    """Change notifications for one mailbox."""

    @property
    def terms(self) -> str:
        """The terms of new subscriptions. A subscription with different terms can no longer be used."""
        ...

    async def create(self, now: datetime) -> Subscription:
        """Subscribe again."""
        ...

    async def renew(self, subscription_id: str, now: datetime) -> Subscription | None:
        """Renew a subscription. Returns None if Exchange no longer has it."""
        ...
