"""One change that an admin made through the management API (W7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

SECRET = "changed"  # noqa: S105 - the placeholder for a secret
"""Stands for the values of a secret or a personal PIN. A record contains neither the old nor the new value."""

ERASED = "erased"
"""Stands for text that was removed with a person's data."""

Fields: TypeAlias = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ChangeState(StrEnum):
    """The state of a change. A record is written before its change is made, so that every change is recorded."""

    BEGUN = "begun"
    """The change is in progress, or the app stopped during it, so that nobody knows whether it was made."""

    DONE = "done"
    ERASED = "erased"
    """The change was made. Data about a person has since been removed from its record, so it cannot be reverted."""


@dataclass(frozen=True)
class Change:
    """Who changed what, when, and the values before and after.

    `id` is its time in microseconds since 1970, adjusted to be unique. `who` is a user name, or the name or id of an
    application. `action` is `create`, `change`, `delete`, or the name of an action such as `close`. `target` is the URI
    of the object (or of its list, if the object has yet to be created); `connector` is the URI of the integration that
    was changed or that the object belongs to, "" if there is none. `name` is the object's name. `before` and `after`
    contain the fields that differ, or all fields of a deleted or new object. `reverts` is the id of the change that
    this one reverts, 0 if it reverts none.
    """

    id: int
    who: str
    action: str
    target: str
    connector: str = ""
    name: str = ""
    before: Fields | None = None
    after: Fields | None = None
    state: ChangeState = ChangeState.BEGUN
    reverts: int = 0

    @property
    def when(self) -> datetime:
        """The time at which the change was started."""
        return moment_of(self.id)

    @property
    def fields(self) -> list[str]:
        """The names of the fields that differ, in the object's own order."""
        return list({**(self.before or {}), **(self.after or {})})


def id_at(moment: datetime) -> int:
    """The id for a change made at the given time, unless that id is taken."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(id_: int) -> datetime:
    """The time in an id. Raises OverflowError for an id that no change can have."""
    return _EPOCH + timedelta(microseconds=id_)
