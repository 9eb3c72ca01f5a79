"""Plain lists of messages, in addition to a change query that does not report everything."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Arrived:
    """A page of what has arrived in the Inbox; `latest` is when the last of it arrived."""

    message_ids: Sequence[str]
    latest: datetime


class Arrivals(Protocol):
    """Plain lists of messages, for mailboxes whose changes are not reported reliably.

    Graph never reports a message again that was moved out of a folder and back (docs/facts/graph-delta.md).
    """

    def arrived(self, since: datetime) -> AsyncIterator[Arrived]:
        """Messages that have arrived since and are in the Inbox now, oldest first, page by page."""
        ...

    async def newest(self, most: int) -> Sequence[str]:
        """The newest messages of the whole mailbox."""
        ...
