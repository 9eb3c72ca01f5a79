"""What goes through the queue: ids only, so that whoever works it off reads the truth (DESIGN §2)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAX_BODY = 45_000
"""Characters of one queue message; base64 makes 60,000 of them, and Azure takes 65,536."""

PATIENCE = 12
"""Looks after 1, 2, 4 … 256 seconds and then every five minutes: half an hour in all."""

LOOKS_FOR_MESSAGE = 8
"""Looks for a message that cannot be found, over four minutes: Graph tells of some before it lets them be read."""

_LONGEST = timedelta(minutes=5)


@dataclass(frozen=True)
class Notice:
    """Something may have happened in an integration's mailbox: to one message, or, without a message, to anything.

    `resubscribe` asks for the subscription to be mended before the mailbox is swept. `attempt` counts earlier looks.
    `swept` says that a sweep has found the message.
    """

    integration: str
    message: str = ""
    attempt: int = 0
    resubscribe: bool = False
    swept: bool = False

    @classmethod
    def resync(cls, integration: str, *, resubscribe: bool = False) -> Self:
        """A notice to sweep the whole mailbox."""
        return cls(integration, resubscribe=resubscribe)

    def again(self, wait: timedelta = timedelta(0)) -> tuple[Self, timedelta] | None:
        """The notice for the next look and the time before it, at least `wait`; None when patience has run out."""
        if self.attempt >= PATIENCE:
            return None
        delay = max(wait, min(timedelta(seconds=2**self.attempt), _LONGEST))
        return replace(self, attempt=self.attempt + 1), delay


def encode(notices: Iterable[Notice]) -> Iterator[str]:
    """Queue messages that hold all notices, each once, as few as possible."""
    batch: list[str] = []
    size = 0
    for text in (json.dumps(asdict(notice), separators=(",", ":")) for notice in dict.fromkeys(notices)):
        if batch and size + len(text) > MAX_BODY:
            yield f"[{','.join(batch)}]"
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield f"[{','.join(batch)}]"


def decode(body: str) -> list[Notice]:
    """The notices of one queue message. Raises ValueError for anything that `encode` does not write."""
    return _adapter().validate_json(body, strict=True)


@cache
def _adapter() -> "TypeAdapter[list[Notice]]":
    """Made on first use: the webhook, which must answer cold, only encodes."""
    from pydantic import TypeAdapter

    return TypeAdapter(list[Notice])
