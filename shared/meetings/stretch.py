"""Rounds and their messages. Messages contain only ids, so the handler always reads the current state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import TypeAdapter

from shared.integrations import Integration
from shared.storage import before

MAX_RETRIES = 3
"""How many times a failed turn is retried in rounds that take place hourly or less often."""


class Round(StrEnum):
    """Periodic work for every integration that it applies to."""

    SWEEP = "sweep"
    POLL = "poll"
    RENEW = "renew"
    AGENDA = "agenda"
    COMPARE = "compare"
    CLEANUP = "cleanup"
    ROOMS = "rooms"
    """Rooms due on Management Nodes; one message for all integrations."""

    @property
    def period(self) -> timedelta:
        """The time between two rounds of this kind. It is the timer's period, except for polls: one timer call starts
        several of them.
        """
        return _PERIODS[self]

    @property
    def retries(self) -> int:
        """How many times a failed turn is retried before the next round."""
        return MAX_RETRIES if self.period >= timedelta(hours=1) else 0

    def concerns(self, integration: Integration) -> bool:
        """Whether an integration gets a turn, according to its outline."""
        if self is Round.CLEANUP:
            return True
        if self is Round.ROOMS:
            return integration.conference_platform == "management_api"
        by_ews = {Round.SWEEP: False, Round.RENEW: False, Round.POLL: True}.get(self)
        return integration.enable_dynamic_vmrs and by_ews in (None, integration.uses_ews)


_PERIODS = {
    Round.SWEEP: timedelta(minutes=5),
    Round.POLL: timedelta(minutes=1),
    Round.RENEW: timedelta(hours=6),
    Round.AGENDA: timedelta(hours=1),
    Round.COMPARE: timedelta(days=1),
    Round.CLEANUP: timedelta(days=1),
    Round.ROOMS: timedelta(minutes=1),
}

CONCERNING = ("uuid", "enable_dynamic_vmrs", "authentication_method", "url", "conference_platform")
"""Columns of an integration's row that determine whether it takes part in a round."""


@dataclass(frozen=True)
class Stretch:
    """The integrations after `after` and up to `until` (uuids), in a round that started at `started` (ISO). With
    `by_hand`, work that is not yet due is included. `tries` counts the failed turns.
    """

    round: Round
    after: str
    until: str
    started: str
    by_hand: bool = False
    tries: int = 0

    def alone(self, uuid: str) -> Self:
        """The part of the stretch that concerns one integration."""
        return replace(self, after=before(uuid), until=uuid)

    def is_over(self, now: datetime) -> bool:
        """Whether the next round has started in the meantime."""
        return now >= datetime.fromisoformat(self.started) + self.round.period

    def encode(self) -> str:
        """The queue message for this stretch."""
        return _adapter.dump_json(self).decode()


_adapter = TypeAdapter(Stretch)


def decode(body: str) -> Stretch:
    """Parse a queue message. Raises ValueError for anything not written by `encode`."""
    return _adapter.validate_json(body, strict=True)
