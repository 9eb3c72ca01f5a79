"""One change that an admin made through the management API (W7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

SECRET = "changed"  # noqa: S105 - the placeholder for a secret
"""All that a record holds of a secret or a personal PIN: neither its old value nor its new one."""

ERASED = "erased"
"""Stands for what was removed with a person's data."""

Fields: TypeAlias = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ChangeState(StrEnum):
    """How far a change has got. A record is written before its change, so that none is ever lost."""

    BEGUN = "begun"
    """It is under way; or the app ended in between, and nobody knows whether it was made."""

    DONE = "done"
    ERASED = "erased"
    """It was made. What it said about a person has been removed since, so it cannot be reverted."""


@dataclass(frozen=True)
class Change:
    """Who changed what, when, and what it was before and after.

    `id` is its time in microseconds since 1970, made unique. `who` is a user name, or the name or id of an application.
    `action` is `create`, `change`, `delete`, or that of an action such as `close`. `target` is the URI of the object
    (of its list, for one that is still to be created), `connector` that of the integration that it belongs to, or is;
    "" for what belongs to none. `name` is what the object was called. `before` and `after` hold the fields that differ;
    all that there were of a deleted object, and of a new one. `reverts` is the id of the change that this one puts
    back, 0 for any other.
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
        """The moment at which it began."""
        return moment_of(self.id)

    @property
    def fields(self) -> list[str]:
        """The names of the fields that it is about, in the order in which the object shows them."""
        return list({**(self.before or {}), **(self.after or {})})


def id_at(moment: datetime) -> int:
    """The id of a change of that moment, unless it is taken."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(id_: int) -> datetime:
    """The moment in an id. Raises OverflowError for one that no change can have."""
    return _EPOCH + timedelta(microseconds=id_)
