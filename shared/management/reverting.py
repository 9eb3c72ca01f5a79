"""Reverts a change by making a new one, which passes the same checks as any save.

    change     the fields get their earlier values, unless they have been changed since
    create     the object is deleted
    delete     the object is created again; an integration keeps its uuid
    close, …   the opposite action is carried out, if there is one

Values that are not stored (secrets, PINs and icons) cannot be restored. `not_restored` lists them. Secrets may be sent
with the request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.api_paths import STATUS, object_at, uri
from shared.changes import SECRET, Change, ChangeLog, ChangeState
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.management import writing
from shared.management.call import Answer, Call, json_object
from shared.management.conversion import converted
from shared.management.recording import CHANGE, CREATE, DELETE, Recording, is_change, is_secret, writable_names
from shared.management.resource import Object, Resource, Schema, WritableResource, time_text

REVERT_BODY: Schema = {
    "type": "object",
    "properties": {
        "fields": {
            "type": "object",
            "description": "Values for secrets, which cannot be restored because they are not stored.",
        },
        "force": {
            "type": "boolean",
            "description": "Revert even if fields have been changed since, or if deleting the object would lose data.",
        },
    },
}

_STORED_NOWHERE = {"oauth2_client": "A deleted client's private key is not stored: create a new client instead."}
"""Why objects cannot be re-created, keyed by resource."""

_NUMBERS = frozenset({"id", "resource_uri"})
"""Fields of a nested object whose values are assigned by the store."""


class Reverting:
    """Shows and reverts changes. `resources` returns all resources, keyed by area and name."""

    def __init__(self, log: ChangeLog, resources: Callable[[], Mapping[tuple[str, str], Resource]]) -> None:
        self._log = log
        self._resources = resources

    def shown(self, change: Change) -> dict[str, Any]:
        """A change as shown by `status/v1/change/`."""
        return {
            "id": change.id,
            "when": time_text(change.when),
            "who": change.who,
            "action": change.action,
            "target": change.target,
            "exchange_connector": change.connector or None,
            "name": change.name,
            "from": change.before,
            "to": change.after,
            "fields": change.fields,
            "state": change.state.value,
            "reverts": change_uri(change.reverts) if change.reverts else None,
            "revertible": self._is_revertible(change),
            "resource_uri": change_uri(change.id),
        }

    def _is_revertible(self, change: Change) -> bool:
        place = object_at(change.target)
        resource = self._resources().get(place[:2]) if place and change.state is not ChangeState.ERASED else None
        if change.action in (CHANGE, CREATE, DELETE):
            return isinstance(resource, WritableResource)
        action = resource.actions.get(change.action) if resource else None
        return bool(action and action.undone_by)

    async def revert(self, id_: int, call: Call) -> Answer:
        """The response to `POST …/{id}/revert/`: the reverting change, and what could not be restored. Raises NotFound,
        Conflict if the change cannot be reverted, and any error that saving these fields raises.
        """
        sent = json_object(call) if call.body.strip() else {}
        more, force = sent.get("fields") or {}, sent.get("force", False)
        if not isinstance(more, dict) or not isinstance(force, bool) or sent.keys() - {"fields", "force"}:
            raise InvalidRequest('Send {"fields": {"password": "…"}, "force": false}, or nothing.')
        change = await self._log.one(id_)
        resource, target = self._place(change)
        recorder = Recording(self._log, call.who, reverts=change.id)
        await self._put_back(change, resource, target, more, recorder, call, force=force)
        if recorder.last is None:
            raise Conflict("There is nothing to revert: the values are as they were before this change.")
        return Answer(202, {**self.shown(recorder.last), "not_restored": _lost(change, resource, more)})

    def _place(self, change: Change) -> tuple[Resource, int]:
        """The resource and id of the object that was changed. Raises Conflict."""
        place = object_at(change.target)
        if place is None:
            raise Conflict("It is not known whether this change was made, or to which object. Check the list.")
        resource = self._resources().get(place[:2])
        if resource is None or not self._is_revertible(change):
            erased = change.state is ChangeState.ERASED
            raise Conflict(
                "Data about a person has been removed from this change, so it cannot be reverted." if erased
                else f"{change.action!r} cannot be reverted."
            )  # fmt: skip
        return resource, place[2]

    async def _put_back(
        self, change: Change, resource: Resource, target: int, more: Object, recorder: Recording, call: Call,
        *, force: bool,
    ) -> None:  # fmt: skip
        if not isinstance(resource, WritableResource):
            return await self._act(change, resource, target, recorder, call)
        if change.action == CREATE:
            return await writing.delete(resource, target, call.headers.get("if-match"), recorder, force=force)
        if change.action == DELETE:
            return await _create_again(change, resource, target, more, recorder)
        if change.action == CHANGE:
            return await _change_back(change, resource, target, more, recorder, call, force=force)
        return await self._act(change, resource, target, recorder, call)

    async def _act(self, change: Change, resource: Resource, target: int, recorder: Recording, call: Call) -> None:
        undone_by = resource.actions[change.action].undone_by
        assert undone_by is not None  # noqa: S101 - see `_is_revertible`
        name, fields = undone_by(change.before or {})
        action = resource.actions[name]
        again = Call("POST", call.path, "", call.headers, _body(fields), call.who)
        if is_change(action):
            await recorder.acted(resource, target, name, lambda: action.run(target, again))


async def _change_back(
    change: Change, resource: WritableResource, target: int, more: Object, recorder: Recording, call: Call,
    *, force: bool,
) -> None:  # fmt: skip
    """Restore the fields' earlier values. Raises Conflict if they have been changed since, unless `force` is given."""
    restored = _restorable(resource, change.before or {})
    wanted = {**restored, **converted(dict(more), resource.schema)}
    if not wanted:
        raise Conflict(f"The earlier value of {_listed(change.fields)} is not stored. Set it manually.")
    now = await resource.one(target)
    after = change.after or {}
    others = [name for name in restored if now.fields.get(name) not in (after.get(name), restored[name])]
    if others and not force:
        raise Conflict(
            f"Since this change {_listed(others)} has been changed again. Revert that change first, or send "
            '{"force": true} to restore the values from before this one.'
        )
    if_match = call.headers.get("if-match") or now.etag or None
    await writing.update(resource, target, wanted, if_match, recorder)


async def _create_again(
    change: Change, resource: WritableResource, target: int, more: Object, recorder: Recording
) -> None:
    """Re-create an object as it was when it was deleted. Raises Conflict if it still exists."""
    if resource.name in _STORED_NOWHERE:
        raise Conflict(_STORED_NOWHERE[resource.name])
    try:
        await resource.one(target)
    except NotFound:
        fields = {**_fresh(_restorable(resource, change.before or {})), **dict(more)}
        await writing.create(resource, converted(fields, resource.schema), recorder)
    else:
        raise Conflict("The object still exists: it was not deleted.")


def _restorable(resource: Resource, fields: Object) -> dict[str, Any]:
    """The fields that can be written back: those that are not read-only and whose values are still known."""
    names = set(writable_names(resource))
    return {name: value for name, value in fields.items() if name in names and not _is_hidden(resource, name, value)}


def _is_hidden(resource: Resource, name: str, value: Any) -> bool:
    return value == SECRET and is_secret(resource, name)


def _fresh(value: Any) -> Any:
    """A value without the ids and URIs of the objects inside it."""
    match value:
        case dict():
            return {name: _fresh(each) for name, each in value.items() if name not in _NUMBERS}
        case list():
            return [_fresh(each) for each in value]
    return value


def _lost(change: Change, resource: Resource, more: Object) -> list[str]:
    """The names of values that were not restored: secrets, and the icon, which can only be set by an action."""
    if change.action == CREATE or not isinstance(resource, WritableResource):
        return []
    before = change.before or {}
    secrets = [name for name, value in before.items() if _is_hidden(resource, name, value) and name not in more]
    icon = ["icon"] if change.action == DELETE and before.get("icon") else []
    return sorted({*secrets, *icon})


def change_uri(id_: int) -> str:
    """The URI of a change."""
    return uri(STATUS, "change", id_)


def _body(fields: Object) -> bytes:
    return json.dumps(dict(fields)).encode()


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
