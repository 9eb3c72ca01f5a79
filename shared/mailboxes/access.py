"""Trying out what an integration may do in its equipment mailbox; `graph/` and `ews/` stand behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.errors import SchedulingError


class Right(StrEnum):
    """What an integration has to be allowed to do."""

    READ_MAIL = "read_mail"
    READ_CALENDAR = "read_calendar"
    ANSWER = "answer"
    WRITE_MAIL = "write_mail"
    SEND_MAIL = "send_mail"


@dataclass(frozen=True)
class Attempt:
    """One attempt to use a right: what it failed with, None when it went well."""

    right: Right
    failure: SchedulingError | None = None


class Access(Protocol):
    """The way into a mailbox."""

    async def try_out(self) -> Sequence[Attempt]:
        """Use the mailbox without changing anything: each right once by Graph, reading on each connection by EWS."""
        ...
