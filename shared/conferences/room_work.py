"""Queue messages about rooms on Management Nodes. They contain only ids, and share a queue with notices of messages."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from shared.storage import Queue

_MARK = '{"rooms":'

BATCH = 40
"""Maximum number of rooms per message, small enough for their tags to fit into the URL of one request to a node."""


@dataclass(frozen=True)
class RoomWork:
    """Rooms of one integration to be checked. `minute` is the minute in their rows (room_due_times.py).

    `checked` means that the rooms are known to be wrong on the node, so they are always checked.
    """

    integration: str
    tags: tuple[str, ...]
    minute: datetime
    since: datetime
    checked: bool = False

    def encode(self) -> str:
        """The queue message."""
        fields = {
            "integration": self.integration, "tags": self.tags, "minute": self.minute.timestamp(),
            "since": self.since.timestamp(), "checked": self.checked,
        }  # fmt: skip
        return f"{_MARK}{json.dumps(fields, separators=(',', ':'))}}}"

    @classmethod
    def decode(cls, body: str) -> Self:
        """Parse the output of `encode`. Raises ValueError for any other text."""
        try:
            fields = json.loads(body)["rooms"]
            minute, since = (datetime.fromtimestamp(float(fields[name]), UTC) for name in ("minute", "since"))
            tags = tuple(str(tag) for tag in fields["tags"])
            return cls(str(fields["integration"]), tags, minute, since, bool(fields["checked"]))
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError("not a message about rooms") from error


def is_room_work(body: str) -> bool:
    """Whether a queue message is about rooms."""
    return body.startswith(_MARK)


async def enqueue_rooms(
    queue: Queue, integration: str, tags: Collection[str], minute: datetime, since: datetime, *, checked: bool = False
) -> None:
    """Queue rooms for a check now. Raises Unavailable."""
    some = sorted(tags)
    for start in range(0, len(some), BATCH):
        work = RoomWork(integration, tuple(some[start : start + BATCH]), minute, since, checked)
        await queue.send(work.encode())
