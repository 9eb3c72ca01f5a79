"""Records that admins keep for the add-in, VMRs and users: created one by one, or by the thousand (PATCH on a list)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from shared.errors import NotFound, SettingsInvalid
from shared.integrations import Integration, IntegrationStore
from shared.management.connector_schema import CONNECTOR
from shared.management.connectors import connector_uri
from shared.management.resource import CONFIGURATION, Action, Object, Schema, Shown, id_in, uri

ROWS_CONCURRENCY = 16
"""Records of a list that are written at the same time."""

Model = TypeVar("Model", bound=BaseModel)

Result = TypeVar("Result")


def schemas(model: type[BaseModel], *names: str) -> dict[str, Schema]:
    """JSON schemas of a record's fields: the limits are the model's."""
    generated = model.model_json_schema()["properties"]
    return {
        name: {key: value for key, value in generated[name].items() if key not in ("title", "default")}
        for name in names
    }


class Store(Protocol[Model]):
    """What keeps the records: VmrStore, UserStore."""

    async def all(self) -> list[Model]:
        """Every record, by rising id."""
        ...

    async def get(self, id_: int) -> Model:
        """The record of an id. Raises NotFound."""
        ...

    async def numbers(self, count: int) -> range:
        """Ids for new records."""
        ...

    async def create(self, record: Model, /) -> None:
        """Write a new record. Raises SettingsInvalid."""
        ...

    async def change(self, id_: int, change: Callable[[Model], Model]) -> Model:
        """Change a record. Raises NotFound, SettingsInvalid."""
        ...

    async def delete(self, id_: int) -> None:
        """Remove a record. Raises NotFound."""
        ...


class Owners:
    """The integrations that records may belong to, by uuid and by URI."""

    def __init__(self, integrations: Sequence[Integration]) -> None:
        self._uris = {each.uuid: connector_uri(each) for each in integrations}
        self._uuids = {each.id: each.uuid for each in integrations}

    def uri(self, uuid: str) -> str | None:
        """`exchange_connector` of a record; null when it belongs to all.

        That of a deleted integration is no integration's: sent back, it must not come to belong to all.
        """
        return self._uris.get(uuid, uri(CONFIGURATION, CONNECTOR, 0)) if uuid else None

    def uuid(self, reference: Any) -> str:
        """The reverse. Raises SettingsInvalid."""
        if reference in (None, ""):
            return ""
        found = self._uuids.get(id_in(reference, CONFIGURATION, CONNECTOR) or 0)
        if found is None:
            raise SettingsInvalid({"exchange_connector": ["Must be the URI of an ms_exchange_connector, or null."]})
        return found


class Form(Protocol[Model]):
    """How a kind of record is shown and understood."""

    def show(self, record: Model, owners: Owners) -> Object:
        """The record as the resource shows it."""
        ...

    def understand(self, fields: Object, before: Model | None, id_: int, owners: Owners) -> Model:
        """The record with these fields changed; a new one of this id where `before` is None. Raises SettingsInvalid."""
        ...


class Directory(Generic[Model]):
    """A BulkResource over the records of one kind."""

    area = CONFIGURATION
    actions: Mapping[str, Action] = {}
    has_etags = False

    def __init__(
        self, name: str, about: str, schema: Schema, store: Store[Model], form: Form[Model],
        integrations: IntegrationStore, emptied_by_put: Object | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.about = about
        self.schema = schema
        self.emptied_by_put: Object = emptied_by_put or {}
        self._store = store
        self._form = form
        self._integrations = integrations

    async def all(self) -> Sequence[Object]:
        """Every record."""
        owners = await self._owners()
        return [self._form.show(record, owners) for record in await self._store.all()]

    async def one(self, id_: int) -> Shown:
        """The record of an id. Raises NotFound."""
        return Shown(self._form.show(await self._store.get(id_), await self._owners()))

    async def create(self, fields: Object) -> Shown:
        """A new record. Raises SettingsInvalid."""
        owners = await self._owners()
        self._form.understand(fields, None, 0, owners)  # what is wrong takes no id
        [id_] = await self._store.numbers(1)
        record = self._form.understand(fields, None, id_, owners)
        await self._store.create(record)
        return Shown(self._form.show(record, owners))

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """The changed record. Raises NotFound, SettingsInvalid."""
        owners = await self._owners()
        changed = await self._store.change(id_, lambda now: self._form.understand(fields, now, id_, owners))
        return Shown(self._form.show(changed, owners))

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Remove the record. Raises NotFound."""
        await self._store.delete(id_)

    async def patch(self, objects: Sequence[Object], deleted: Sequence[int]) -> Sequence[Object]:
        """See BulkResource.patch."""
        owners, ids = await self._owners(), [self._id(fields) for fields in objects]
        present = {record_id(record): record for record in await self._store.all()} if any(ids) else {}
        checked = [self._checked(fields, id_, present, owners) for fields, id_ in zip(objects, ids, strict=True)]
        await _each(checked)
        await _each([_ignoring_absence(self._store.delete(id_)) for id_ in deleted])
        new = iter(await self._store.numbers(ids.count(None))) if None in ids else iter(())
        taken = [next(new) if id_ is None else id_ for id_ in ids]
        return await _each(
            [self._written(o, id_, n, owners) for o, id_, n in zip(objects, ids, taken, strict=True)]
        )  # fmt: skip

    async def _owners(self) -> Owners:
        return Owners(await self._integrations.list())

    def _id(self, fields: Object) -> int | None:
        return id_in(fields.get("resource_uri"), self.area, self.name)

    async def _checked(self, fields: Object, id_: int | None, present: Mapping[int, Model], owners: Owners) -> None:
        if id_ is not None and id_ not in present:
            raise SettingsInvalid({"resource_uri": [f"There is no {self.name} with id {id_}."]})
        self._form.understand(fields, present.get(id_ or 0), id_ or 0, owners)

    async def _written(self, fields: Object, id_: int | None, number: int, owners: Owners) -> Object:
        if id_ is not None:
            return (await self.update(id_, fields, None)).fields
        record = self._form.understand(fields, None, number, owners)
        await self._store.create(record)
        return self._form.show(record, owners)


def record_id(record: BaseModel) -> int:
    """The number that every record has."""
    return int(record.id)  # type: ignore[attr-defined]


def sent(fields: Object, schema: Schema, nullable: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields that can be written; null clears a text. What is read-only is passed over, as clients send it back.

    Raises SettingsInvalid for fields that there are not.
    """
    known = schema["properties"]
    unknown = {name: ["There is no such field."] for name in fields.keys() - known.keys()}
    if unknown:
        raise SettingsInvalid(unknown)
    texts = {name for name, each in known.items() if each.get("type") == "string"} - nullable
    writable = {name: value for name, value in fields.items() if not known[name].get("readOnly")}
    return {name: "" if value is None and name in texts else value for name, value in writable.items()}


async def _each(work: Sequence[Awaitable[Result]]) -> list[Result]:
    """All of it, a few at a time. Raises SettingsInvalid with the faults of every object, by its place in the list."""
    turns, faults = asyncio.Semaphore(ROWS_CONCURRENCY), dict[str, list[str]]()

    async def one(place: int, each: Awaitable[Result]) -> Result | None:
        async with turns:
            try:
                return await each
            except (SettingsInvalid, NotFound) as refused:
                found = refused.faults if isinstance(refused, SettingsInvalid) else {"resource_uri": [str(refused)]}
                faults.update({f"objects.{place}.{field}": messages for field, messages in found.items()})
                return None

    done = await asyncio.gather(*(one(place, each) for place, each in enumerate(work)))
    if faults:
        raise SettingsInvalid(faults)
    return [each for each in done if each is not None]


async def _ignoring_absence(deletion: Awaitable[None]) -> None:
    try:
        await deletion
    except NotFound:
        return  # an earlier try of the same request has removed it
