"""Creates, changes and removes objects for admins, always through a Recorder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.errors import StaleObject
from shared.management.resource import Object, Recorder, Shown, WritableResource

_ATTEMPTS = 8

Result = TypeVar("Result")


async def create(resource: WritableResource, fields: Object, recorder: Recorder) -> Shown:
    """Create an object. Raises SettingsInvalid and other errors: see WritableResource.create."""
    return await recorder.created(resource, fields, lambda: resource.create(fields))


async def update(
    resource: WritableResource, id_: int, fields: Object, if_match: str | None, recorder: Recorder
) -> Shown:
    """Change an object: see WritableResource.update."""

    async def change(before: Shown, condition: str | None) -> Shown:
        return await recorder.changed(
            resource, id_, fields, lambda: resource.update(id_, fields, condition), before
        )  # fmt: skip

    return await _from_newest(resource, id_, if_match, change)


async def delete(
    resource: WritableResource, id_: int, if_match: str | None, recorder: Recorder, *, force: bool
) -> None:
    """Remove the object: see WritableResource.delete."""

    async def remove(before: Shown, condition: str | None) -> None:
        await recorder.deleted(resource, id_, lambda: resource.delete(id_, condition, force=force), before)

    await _from_newest(resource, id_, if_match, remove)


async def _from_newest(
    resource: WritableResource,
    id_: int,
    if_match: str | None,
    act: Callable[[Shown, str | None], Awaitable[Result]],
) -> Result:
    """Act on the current state of an object. With ETags, the state that is changed is always the one recorded as the
    previous state. If another admin changes the object in between, this is repeated, unless the request specifies an
    ETag itself.
    """
    named = if_match if if_match != "*" else None
    for _ in range(_ATTEMPTS - 1):
        before = await resource.one(id_)
        try:
            return await act(before, _condition(named, before))
        except StaleObject:
            if named is not None:
                raise
    before = await resource.one(id_)
    return await act(before, _condition(named, before))


def _condition(named: str | None, before: Shown) -> str | None:
    return named if named is not None else before.etag or None
