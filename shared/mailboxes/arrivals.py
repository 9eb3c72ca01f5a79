"""Plain lists of messages, supplementing a change query that does not report everything."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Arrived:
    """A page of messages that have arrived in the Inbox. `latest` is the last arrival time."""

    message_ids: Sequence[str]
    latest: datetime


class Arrivals(Protocol):
    """Plain lists of messages, for mailboxes whose changes are not reported reliably.

    Graph does not report a message again when it has been moved out of a folder and back (docs/facts/graph-delta.md).
    """

    def arrived(self, since: datetime) -> AsyncIterator[Arrived]:
        """Messages now in the Inbox that have arrived since a given time, oldest first, page by page."""
        ...

    async def newest(self, most: int) -> Sequence[str]:
        """The newest messages in the whole mailbox."""
        ...
