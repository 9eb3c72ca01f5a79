"""What goes through the queue: ids only, so that whoever handles it reads the truth."""

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from shared.storage import Queue

QUEUE_MESSAGE_MAX_BYTES = 45_000
"""Characters of one queue message; base64 makes 60,000 of them, and Azure takes 65,536."""

LOOKS = 9
"""Looks by way of the queue, after 1, 2, 4 … 256 seconds: eight minutes, longer than a lease (operation.py). What has
to wait longer is in the list of waiting messages by then (waiting.py).
"""

LOOKS_FOR_ITEM = 12
"""Looks for a calendar item that Exchange has not made yet, over half an hour."""

LOOKS_FOR_MESSAGE = 8
"""Looks for a message that cannot be found, over four minutes: Graph tells of some before it lets them be read."""

LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True)
class Notice:
    """Something may have happened in an integration's mailbox: to one message, or, without a message, to anything.

    `resubscribe` asks for the subscription to be repaired before the mailbox is swept. `attempt` counts looks that
    failed, `itemless` those that found no calendar item. `swept` says that a sweep has found the message, `sought` that
    an invitation that it may belong to has been looked for, `delayed` that it was put off by a second or two.
    `lined_up`, without a message, asks for those that are lined up (lanes.py). A calendar item may take the place of a
    message (comparison.py).
    """

    integration: str
    message: str = ""
    attempt: int = 0
    resubscribe: bool = False
    swept: bool = False
    itemless: int = 0
    sought: bool = False
    delayed: bool = False
    lined_up: bool = False

    @classmethod
    def resync(cls, integration: str, *, resubscribe: bool = False) -> Self:
        """A notice to sweep the whole mailbox."""
        return cls(integration, resubscribe=resubscribe)

    def again(self, wait: timedelta = timedelta(0)) -> tuple[Self, timedelta] | None:
        """The notice for the next look and the time before it, at least `wait`; None after so many LOOKS."""
        if self.attempt >= LOOKS:
            return None
        return replace(self, attempt=self.attempt + 1), max(wait, self._pause(self.attempt))

    def again_for_item(self) -> tuple[Self, timedelta] | None:
        """The same for a message whose calendar item is not there; None after so many LOOKS_FOR_ITEM."""
        if self.itemless >= LOOKS_FOR_ITEM:
            return None
        return replace(self, itemless=self.itemless + 1), self._pause(self.itemless)

    def _pause(self, looks: int) -> timedelta:
        """Twice as long each time, and not the same for all: what failed together is not tried again together."""
        return jittered(min(timedelta(seconds=2**looks), LONGEST_PAUSE), self.message)


def jittered(pause: timedelta, key: str) -> timedelta:
    """The pause, made up to a quarter longer by what the key is; whole seconds, as queues take."""
    share = zlib.crc32(key.encode(errors="replace")) / 2**34
    return timedelta(seconds=round(pause.total_seconds() * (1 + share)))


def encode(notices: Iterable[Notice]) -> Iterator[str]:
    """Queue messages that hold all notices, each once, as few as possible."""
    batch: list[str] = []
    size = 0
    for text in (json.dumps(asdict(notice), separators=(",", ":")) for notice in dict.fromkeys(notices)):
        if batch and size + len(text) > QUEUE_MESSAGE_MAX_BYTES:
            yield f"[{','.join(batch)}]"
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield f"[{','.join(batch)}]"


async def enqueue(queue: "Queue", notices: Iterable[Notice], delay: timedelta = timedelta(0)) -> None:
    """Have all notices handled once `delay` has passed. Raises Unavailable."""
    for body in encode(notices):
        await queue.send(body, delay)


def decode(body: str) -> list[Notice]:
    """The notices of one queue message. Raises ValueError for anything that `encode` does not write."""
    return _adapter().validate_json(body, strict=True)


@cache
def _adapter() -> "TypeAdapter[list[Notice]]":
    """Made on first use: the webhook, which must answer cold, only encodes."""
    from pydantic import TypeAdapter

    return TypeAdapter(list[Notice])
