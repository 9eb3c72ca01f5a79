"""Plain lists of messages, to supplement a change query that does not report everything."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Arrived:
    """A page of messages that have arrived in the Inbox; `latest` is when the last of them arrived."""

    message_ids: Sequence[str]
    latest: datetime


class Arrivals(Protocol):
    """Plain lists of messages, for mailboxes whose changes are not reported reliably.

    When a message is moved out of a folder and back, Graph does not report it a second time
    (docs/facts/graph-delta.md).
    """

    def arrived(self, since: datetime) -> AsyncIterator[Arrived]:
        """Messages that have arrived since a time and are in the Inbox now, oldest first, page by page."""
        ...

    async def newest(self, most: int) -> Sequence[str]:
        """The newest messages in the whole mailbox."""
        ...
