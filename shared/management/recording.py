"""Records every change made through the management API (W7). A record is begun before the change and completed after
it, so no change is lost in a crash.

    begin  (current values, requested values) ─▶ the change ─▶ settle  (new values)

Requests that are refused or change nothing leave no record. If it is unknown whether a change was made (the app stopped
or storage failed halfway), its record stays `begun`. A record never contains secrets or personal PINs, only the fact
that they were changed.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.api_paths import CONFIGURATION, CONNECTOR, id_in, uri
from shared.changes import SECRET, Change, ChangeLog, Entry
from shared.errors import AWAY, Conflict, InvalidRequest, NotAllowed, NotFound, RateLimited, StaleObject
from shared.management.call import Answer
from shared.management.readers import PINS
from shared.management.resource import Action, Object, Resource, Shown

log = logging.getLogger(__name__)

CREATE, CHANGE, DELETE = "create", "change", "delete"
"""The names of these operations in records. An action is recorded under its own name."""

NEVER_KEPT = PINS | {"private_key_jwt"}
"""Fields that the API shows at least once but that must never be recorded."""

_OWNER = "exchange_connector"
_NAMES = ("subject", "name", "client_name", "domain", "alias", "primary_email_address")
"""The fields to take an object's name from, in order of preference."""

NAME_MAX_LENGTH = 250
"""Maximum length of a recorded name, in characters."""

_NOTHING_CHANGED = (InvalidRequest, StaleObject, NotFound, NotAllowed)
"""Errors that are raised before anything is written."""


Result = TypeVar("Result")


@dataclass
class Recording:
    """A Recorder of one admin's changes. `last` is the latest change recorded here; None before the first."""

    changes: ChangeLog
    who: str
    reverts: int = 0
    last: Change | None = field(default=None, init=False)

    async def created(self, resource: Resource, fields: Object, write: Callable[[], Awaitable[Shown]]) -> Shown:
        """See Recorder.created."""
        begun = Change(0, self.who, CREATE, uri(resource.area, resource.name), "", name_of(fields), None, None)
        wanted = _public(resource, {name: fields[name] for name in fields if name in resource.schema["properties"]})
        entry = await self._begin(begun, _owner(fields), after=wanted)
        try:
            shown = await write()
        except (*_NOTHING_CHANGED, Conflict, RateLimited):
            await self._drop(entry)
            raise
        target = str(shown.fields["resource_uri"])
        made = _of(entry.change, shown, target=target, before=None, after=_all(resource, shown))
        await self._settle(entry, made)
        return shown

    async def changed(
        self, resource: Resource, id_: int, fields: Object, write: Callable[[], Awaitable[Shown]], before: Shown
    ) -> Shown:
        """See Recorder.changed."""
        wanted = {name: value for name, value in fields.items() if value != before.fields.get(name)}
        public = _public(resource, _writable(resource, wanted))
        now = _public(resource, {name: before.fields.get(name) for name in public})
        entry = await self._begin(self._about(resource, id_, CHANGE, before), "", now, public)
        shown = await self._written(entry, resource, id_, write, before)
        old, new = _differing(resource, before, shown)
        if old:
            await self._settle(entry, _of(entry.change, shown, before=old, after=new))
        else:
            await self._drop(entry)
        return shown

    async def deleted(
        self, resource: Resource, id_: int, write: Callable[[], Awaitable[None]], before: Shown
    ) -> None:  # fmt: skip
        """See Recorder.deleted."""
        about = self._about(resource, id_, DELETE, before)
        entry = await self._begin(about, "", _all(resource, before), None)
        await self._written(entry, resource, id_, write, before)
        await self._settle(entry, entry.change)

    async def acted(self, resource: Resource, id_: int, name: str, write: Callable[[], Awaitable[Answer]]) -> Answer:
        """Run an action using `write` and record it, even if no field of the object changes."""
        before = await resource.one(id_)
        entry = await self._begin(self._about(resource, id_, name, before), "", {}, {})
        answer = await self._written(entry, resource, id_, write, before)
        old, new = _differing(resource, before, await resource.one(id_), all_fields=True)
        await self._settle(entry, _of(entry.change, before, before=old, after=new))
        return answer

    def _about(self, resource: Resource, id_: int, action: str, before: Shown) -> Change:
        target = uri(resource.area, resource.name, id_)
        return Change(0, self.who, action, target, _owner(before.fields, target), name_of(before.fields))

    async def _begin(
        self, change: Change, owner: str, before: Object | None = None, after: Object | None = None
    ) -> Entry:  # fmt: skip
        connector = change.connector or owner
        return await self.changes.begin(
            Change(0, change.who, change.action, change.target, connector, change.name, before, after,
                   reverts=self.reverts)
        )  # fmt: skip

    async def _written(
        self, entry: Entry, resource: Resource, id_: int, write: Callable[[], Awaitable[Result]], before: Shown
    ) -> Result:
        """The result of `write`. If the change is refused, its record is dropped. After any other failure, the record
        is dropped only if the object is unchanged.
        """
        try:
            return await write()
        except _NOTHING_CHANGED:
            await self._drop(entry)
            raise
        except Exception:
            if await self._is_as_before(resource, id_, before):
                await self._drop(entry)
            raise

    async def _is_as_before(self, resource: Resource, id_: int, before: Shown) -> bool:
        try:
            now = await resource.one(id_)
        except (NotFound, *AWAY):
            return False
        return (now.fields, now.secrets) == (before.fields, before.secrets)

    async def _settle(self, entry: Entry, change: Change) -> None:
        """Complete the record. The change has already been made, so the admin's request succeeds even if this fails."""
        self.last = change
        try:
            self.last = await self.changes.settle(entry, change)
        except AWAY as error:
            log.warning("the record of change %s could not be completed: %s", entry.change.id, type(error).__name__)

    async def _drop(self, entry: Entry) -> None:
        try:
            await self.changes.drop(entry)
        except AWAY as error:
            kind = type(error).__name__
            log.warning("change %s was not made, but its record could not be removed: %s", entry.change.id, kind)


def is_change(action: Action) -> bool:
    """Whether an action is a change to be recorded here."""
    return action.method != "GET" and action.is_recorded


def name_of(fields: Object) -> str:
    """The name of an object; "" if it has none."""
    return next((str(fields[name]) for name in _NAMES if fields.get(name)), "")[:NAME_MAX_LENGTH]


def is_secret(resource: Resource, name: str) -> bool:
    """Whether a field's values must be kept out of the records."""
    return name in NEVER_KEPT or bool(resource.schema["properties"].get(name, {}).get("writeOnly"))


def writable_names(resource: Resource) -> list[str]:
    """The fields of a resource that can be written."""
    return [name for name, known in resource.schema["properties"].items() if not known.get("readOnly")]


def _of(change: Change, shown: Shown, *, before: Object | None, after: Object | None, target: str = "") -> Change:
    """The completed change, with the old and new values and the object's current name."""
    found = target or change.target
    return Change(
        change.id, change.who, change.action, found, _owner(shown.fields, found) or change.connector,
        name_of(shown.fields) or change.name, before, after, reverts=change.reverts,
    )  # fmt: skip


def _owner(fields: Object, target: str = "") -> str:
    """The URI of the integration that an object belongs to; for an integration, its own URI."""
    if id_in(target, CONFIGURATION, CONNECTOR) is not None:
        return target
    owner = fields.get(_OWNER)
    return owner if isinstance(owner, str) else ""


def _writable(resource: Resource, fields: Object) -> dict[str, Any]:
    return {name: fields[name] for name in writable_names(resource) if name in fields}


def _public(resource: Resource, fields: Object) -> dict[str, Any]:
    """The fields, with each secret value replaced by a placeholder."""
    return {name: SECRET if value and is_secret(resource, name) else value for name, value in fields.items()}


def _all(resource: Resource, shown: Shown) -> dict[str, Any]:
    """All fields of an object except its URI."""
    fields = {name: value for name, value in shown.fields.items() if name != "resource_uri"}
    return {**_public(resource, fields), **dict.fromkeys(shown.secrets, SECRET)}


def _differing(
    resource: Resource, before: Shown, after: Shown, *, all_fields: bool = False
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The old and new values of the fields that have changed: only writable ones, unless `all_fields`."""
    names = list(resource.schema["properties"]) if all_fields else writable_names(resource)
    differing = [name for name in names if before.fields.get(name) != after.fields.get(name)]
    secrets = [
        name for name in {**before.secrets, **after.secrets} if before.secrets.get(name) != after.secrets.get(name)
    ]
    hidden = dict.fromkeys([*secrets, *(name for name in differing if name in NEVER_KEPT)], SECRET)
    old = {name: before.fields.get(name) for name in differing} | hidden
    return old, {name: after.fields.get(name) for name in differing} | hidden
