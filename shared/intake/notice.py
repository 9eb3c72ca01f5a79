"""The queue's messages. They contain only ids, so that the handler reads the current state."""

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from shared.storage import Queue

QUEUE_MESSAGE_MAX_BYTES = 45_000
"""Maximum length of a queue message, in characters. Base64 lengthens it to 60,000, and Azure accepts 65,536."""

LOOKS = 9
"""How many times a message is retried, after 1, 2, 4 … 256 seconds. This takes eight minutes in total, which is longer
than a lease (operation.py). By then, a message that has to wait longer is in the list of waiting messages (waiting.py).
"""

LOOKS_FOR_ITEM = 12
"""How many times, over half an hour, a message is retried if Exchange has not created its calendar item yet."""

LOOKS_FOR_MESSAGE = 8
"""How many times, over four minutes, a message that cannot be found is retried. Graph announces some messages before
they can be read.
"""

LONGEST_PAUSE = timedelta(minutes=5)

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True)
class Notice:
    """A notice that something may have happened to one message in an integration's mailbox, or to any message if none
    is given.

    `resubscribe` asks for the subscription to be repaired before the mailbox is swept. `attempt` counts failed
    attempts, `itemless` those that found no calendar item. `swept` means that a sweep has found the message, `sought`
    that its possible invitation has been searched for, and `delayed` that it was postponed by a second or two.
    `lined_up`, without a message, asks for the lined-up notices to be handled (lanes.py). The message id may stand for
    a calendar item (comparison.py).
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
        """The notice for the next retry and the delay before it, which is at least `wait`; None after LOOKS retries."""
        if self.attempt >= LOOKS:
            return None
        return replace(self, attempt=self.attempt + 1), max(wait, self._pause(self.attempt))

    def again_for_item(self) -> tuple[Self, timedelta] | None:
        """The notice for the next retry of a message without a calendar item, and the delay; None after LOOKS_FOR_ITEM
        retries.
        """
        if self.itemless >= LOOKS_FOR_ITEM:
            return None
        return replace(self, itemless=self.itemless + 1), self._pause(self.itemless)

    def _pause(self, looks: int) -> timedelta:
        """The delay before an attempt. It doubles each time, with jitter so that messages that failed together are not
        retried together.
        """
        return jittered(min(timedelta(seconds=2**looks), LONGEST_PAUSE), self.message)


def jittered(pause: timedelta, key: str) -> timedelta:
    """The delay, in whole seconds as queues require, lengthened by up to a quarter depending on the key."""
    share = zlib.crc32(key.encode(errors="replace")) / 2**34
    return timedelta(seconds=round(pause.total_seconds() * (1 + share)))


def encode(notices: Iterable[Notice]) -> Iterator[str]:
    """Encode notices into as few queue messages as possible, without duplicates."""
    batch: list[str] = []
    size = 0
    for text in map(_encoded, dict.fromkeys(notices)):
        if batch and size + len(text) > QUEUE_MESSAGE_MAX_BYTES:
            yield f"[{','.join(batch)}]"
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield f"[{','.join(batch)}]"


def _encoded(notice: Notice) -> str:
    """The fields that differ from their defaults. This cuts the size of a hundred notices from one POST by a third."""
    return _encode({"integration": notice.integration} | {name: given for name, given in vars(notice).items() if given})


async def enqueue(queue: "Queue", notices: Iterable[Notice], delay: timedelta = timedelta(0)) -> None:
    """Queue notices, to be handled once `delay` has passed. Raises Unavailable."""
    for body in encode(notices):
        await queue.send(body, delay)


def decode(body: str) -> list[Notice]:
    """The notices in a queue message. Raises ValueError for anything that `encode` did not write."""
    return _adapter().validate_json(body, strict=True)


@cache
def _adapter() -> "TypeAdapter[list[Notice]]":
    """The adapter for decoding. It is created on first use, because the webhook only encodes and must respond quickly
    during a cold start.
    """
    from pydantic import TypeAdapter

    return TypeAdapter(list[Notice])
