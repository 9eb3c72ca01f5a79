"""The protocols that the engine requires of resources."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias, runtime_checkable

from shared.errors import NotFound
from shared.management.call import Answer, Call

_ID = re.compile(r"[0-9]{1,18}")

Object: TypeAlias = Mapping[str, Any]
"""One of a resource's objects, as JSON."""

Schema: TypeAlias = Mapping[str, Any]
"""A JSON schema."""


@dataclass(frozen=True)
class Shown:
    """An object, and its ETag if the resource has ETags."""

    fields: Object
    etag: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Placeholders, keyed by field, for secrets that are set but not shown. A placeholder changes whenever its secret
    does.
    """


@dataclass(frozen=True)
class Action:
    """An action on one object: `POST …/{id}/{name}/`."""

    method: str
    about: str
    run: Callable[[int, Call], Awaitable[Answer]]
    body: Schema | None = None
    media_type: str = "application/json"
    is_recorded: bool = True
    """Whether the action is recorded as a change (recording.py). False for actions that record their own changes. A GET
    is never recorded.
    """

    undone_by: Callable[[Object], tuple[str, Object]] | None = None
    """Returns the action that undoes this one and the body to send with it, given the previous values of the changed
    fields.
    """


class Resource(Protocol):
    """A kind of object that admins can read."""

    @property
    def area(self) -> str:
        """CONFIGURATION or STATUS."""
        ...

    @property
    def name(self) -> str:
        """The resource's name in URIs."""
        ...

    @property
    def about(self) -> str:
        """A one-sentence description of the objects."""
        ...

    @property
    def schema(self) -> Schema:
        """The JSON schema of an object."""
        ...

    @property
    def actions(self) -> Mapping[str, Action]:
        """Additional actions on one object, keyed by name."""
        ...

    async def all(self) -> Sequence[Object]:
        """Every object, in ascending order of id."""
        ...

    async def one(self, id_: int) -> Shown:
        """The object with the given id. Raises NotFound."""
        ...


@runtime_checkable
class NamedResource(Resource, Protocol):
    """A kind of object that can be addressed by name as well as by id."""

    async def id_named(self, name: str) -> int:
        """The id of the object that has this name in paths. Raises NotFound."""
        ...


@runtime_checkable
class PagedResource(Resource, Protocol):
    """A kind of object of which there may be many. The cost of a page depends only on the objects it shows."""

    async def part(self, offset: int, limit: int) -> tuple[Sequence[Object], int]:
        """Some objects in ascending order of id, and the total number."""
        ...

    async def sketches(self, fields: Collection[str]) -> Sequence[Object]:
        """Every object in ascending order of id, reduced to these fields and `id`, for filtering and ordering."""
        ...

    async def full(self, ids: Sequence[int]) -> Sequence[Object]:
        """The objects with these ids, in this order, except those deleted in the meantime."""
        ...


@runtime_checkable
class DescribedResource(Resource, Protocol):
    """A kind of object with information about its fields that JSON Schema cannot express."""

    @property
    def extras(self) -> Object:
        """Our additions to Tastypie's format: the resource's `sections`, and additional properties of `fields`, keyed
        by name.
        """
        ...


@runtime_checkable
class SearchedResource(Resource, Protocol):
    """A kind of object that can be searched without reading all objects."""

    async def found_by(self, exact: Mapping[str, str]) -> Sequence[Object] | None:
        """A superset of the objects with these values; None if all objects have to be read. `exact` contains a query's
        exact filters (values keyed by parameter, such as `aliases__alias`) and the filter `id__lt`.
        """
        ...


@runtime_checkable
class WritableResource(Resource, Protocol):
    """A kind of object that admins can change. Fields that are not sent keep their values; for PUT, see
    `emptied_by_put`.
    """

    @property
    def has_etags(self) -> bool:
        """Whether the objects have ETags, so that changes can be made conditional."""
        ...

    @property
    def emptied_by_put(self) -> Object:
        """The values of nullable fields and references omitted from a PUT: the original's clients never send null."""
        ...

    async def create(self, fields: Object) -> Shown:
        """Create an object. Raises SettingsInvalid."""
        ...

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """Change these fields of an object, if `if_match` (an ETag) is still current.

        Raises NotFound, SettingsInvalid, StaleObject.
        """
        ...

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Remove the object, if `if_match` (an ETag) is still current.

        Raises NotFound, StaleObject, and Conflict if it is in use and `force` is not given.
        """
        ...


class Recorder(Protocol):
    """Records one admin's changes; see recording.py. All changes to objects go through it."""

    async def created(self, resource: Resource, fields: Object, write: Callable[[], Awaitable[Shown]]) -> Shown:
        """Create an object using `write`; `fields` contains the fields that were sent."""
        ...

    async def changed(
        self, resource: Resource, id_: int, fields: Object, write: Callable[[], Awaitable[Shown]], before: Shown
    ) -> Shown:
        """Change an object using `write`; `before` is its previous state."""
        ...

    async def deleted(self, resource: Resource, id_: int, write: Callable[[], Awaitable[None]], before: Shown) -> None:
        """Remove an object using `write`."""
        ...


@runtime_checkable
class BulkResource(WritableResource, Protocol):
    """A kind of object that can also be created, changed and removed in bulk, by a PATCH of the list."""

    async def patch(self, objects: Sequence[Object], deleted: Sequence[int], recorder: Recorder) -> Sequence[Object]:
        """Change the objects with a `resource_uri`, create the others, and remove those with these ids. Every object is
        written through the recorder. All are checked first, and nothing is changed if any is invalid. A problem that
        only shows up during writing (such as a name already in use) affects only that object. Raises SettingsInvalid,
        which lists every problem under `objects.<place>.<field>`.
        """
        ...


def id_of(text: str) -> int:
    """The id in a path. Raises NotFound."""
    if not _ID.fullmatch(text):
        raise NotFound("There is no such object: ids are whole numbers.")
    return int(text)


def number_of(key: str) -> int:
    """A number of at most 53 bits for a record without a number of its own. It is derived from the record's key, so it
    never changes. Among a million records, the chance that two share a number is 1 in 18,000; lists then show both.
    """
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) >> 11


TIME_FORMAT = "utc-date-time"
"""Not JSON Schema's `date-time`, which requires an offset: existing clients of this API expect none."""

TIME: Schema = {
    "type": "string",
    "format": TIME_FORMAT,
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?$",
    "description": "A time in UTC, without an offset, such as 2026-11-23T09:00:00.",
    "readOnly": True,
}
"""The JSON schema of the strings that `time_text` returns."""


def time_text(moment: datetime) -> str:
    """A time in the management API's format: UTC, without an offset."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()
