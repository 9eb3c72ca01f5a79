"""Tests an integration's access to its equipment mailbox. Implemented by `graph/` and `ews/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.errors import SchedulingError


class Right(StrEnum):
    """The rights that an integration needs."""

    READ_MAIL = "read_mail"
    READ_CALENDAR = "read_calendar"
    ANSWER = "answer"
    WRITE_MAIL = "write_mail"
    SEND_MAIL = "send_mail"


@dataclass(frozen=True)
class Attempt:
    """One attempt to use a right, with the error if it failed."""

    right: Right
    failure: SchedulingError | None = None


class Access(Protocol):
    """Access to a mailbox."""

    async def try_out(self) -> Sequence[Attempt]:
        """Use the mailbox without changing anything. Graph: every right is used once. EWS: one read per connection."""
        ...
