"""Plain lists of messages, beside a query for changes that does not tell everything."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Arrived:
    """A page of what has arrived in the Inbox; `latest` is when the last of it did."""

    message_ids: Sequence[str]
    latest: datetime


class Arrivals(Protocol):
    """Plain lists of messages, for mailboxes whose changes are not told reliably.

    Graph never tells again of a message that was moved out of a folder and back (docs/facts/graph-delta.md).
    """

    def arrived(self, since: datetime) -> AsyncIterator[Arrived]:
        """What has arrived since, and is in the Inbox now, oldest first, page by page."""
        ...

    async def newest(self, most: int) -> Sequence[str]:
        """The newest messages of the whole mailbox."""
        ...
