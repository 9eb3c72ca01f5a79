"""Records that admins manage for the add-in: VMRs and users. They are written one by one or in bulk (PATCH on a
list).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from shared.api_paths import CONFIGURATION, id_in
from shared.errors import NotFound, SettingsInvalid, StaleObject
from shared.integrations import Integration, IntegrationStore
from shared.management.relations import Relations
from shared.management.resource import TIME, Action, Object, Recorder, Schema, Shown
from shared.personal.field_table import FieldTable

ROWS_CONCURRENCY = 16
"""How many records in a list are written at the same time."""

Model = TypeVar("Model", bound=BaseModel)

Result = TypeVar("Result")


def properties(table: FieldTable) -> dict[str, Schema]:
    """The JSON schemas of a table's fields, keyed by name."""
    times = {name for name, each in table.fields.items() if each.type == "datetime"}
    return {name: {**each, **TIME} if name in times else each for name, each in table.schemas().items()}


class Store(Protocol[Model]):
    """The store for the records: VmrStore or UserStore."""

    async def all(self) -> list[Model]:
        """Every record, in ascending order of id."""
        ...

    async def get(self, id_: int) -> Model:
        """The record with the given id. Raises NotFound."""
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

    async def delete(self, id_: int, check: Callable[[Model], None]) -> None:
        """Remove a record. Raises NotFound, and anything that `check` raises for the record."""
        ...


class Form(Protocol[Model]):
    """Shows and parses one kind of record."""

    def show(self, record: Model, relations: Relations) -> Object:
        """The record as shown by the resource."""
        ...

    def version(self, record: Model) -> str:
        """A string that differs whenever the resource shows a record differently. It reveals nothing about a PIN,
        because admins who may not see PINs see this string.
        """
        ...

    def understand(self, fields: Object, before: Model | None, id_: int, relations: Relations) -> Model:
        """The record with these fields changed, or a new record with this id if `before` is None. Raises
        SettingsInvalid.
        """
        ...


class Directory(Generic[Model]):
    """A BulkResource for one kind of record."""

    area = CONFIGURATION
    actions: Mapping[str, Action] = {}
    has_etags = True

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
        relations = await self._relations()
        return [self._form.show(record, relations) for record in await self._store.all()]

    async def one(self, id_: int) -> Shown:
        """The record with the given id. Raises NotFound."""
        return self._shown(await self._store.get(id_), await self._relations())

    async def create(self, fields: Object) -> Shown:
        """Create a record. Raises SettingsInvalid."""
        relations = await self._relations([fields])
        self._form.understand(fields, None, 0, relations)  # an invalid record does not get an id
        [id_] = await self._store.numbers(1)
        record = self._form.understand(fields, None, id_, relations)
        await self._store.create(record)
        return self._shown(record, relations)

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """Change the record. Raises NotFound, SettingsInvalid, StaleObject."""
        relations = await self._relations([fields])

        def change(now: Model) -> Model:
            self._check(now, if_match)
            return self._form.understand(fields, now, id_, relations)

        return self._shown(await self._store.change(id_, change), relations)

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Remove the record. Raises NotFound, StaleObject."""
        await self._store.delete(id_, lambda now: self._check(now, if_match))

    async def patch(self, objects: Sequence[Object], deleted: Sequence[int], recorder: Recorder) -> Sequence[Object]:
        """See BulkResource.patch."""
        relations, ids = await self._relations(objects), [self._id(fields) for fields in objects]
        present = {record_id(record): record for record in await self._store.all()} if any(ids) or deleted else {}
        checked = [self._checked(fields, id_, present, relations) for fields, id_ in zip(objects, ids, strict=True)]
        await _each(checked)
        shown = {id_: self._shown(record, relations) for id_, record in present.items()}
        await _each([self._removed(id_, shown[id_], recorder) for id_ in deleted if id_ in shown])
        new = iter(await self._store.numbers(ids.count(None))) if None in ids else iter(())
        return await _each([
            self._created(fields, next(new), relations, recorder) if id_ is None
            else self._changed(fields, id_, shown[id_], recorder)
            for fields, id_ in zip(objects, ids, strict=True)
        ])  # fmt: skip

    async def _relations(self, objects: Sequence[Object] = ()) -> Relations:
        """The objects to which records refer. `objects` contains the objects about to be parsed."""
        return Relations(await self._identities())

    async def _identities(self) -> Sequence[Integration]:
        """The integrations. Only their ids are read."""
        return [each async for each in self._integrations.outlines(columns=("id", "uuid"))]

    def _shown(self, record: Model, relations: Relations) -> Shown:
        return Shown(self._form.show(record, relations), self._etag(record))

    def _etag(self, record: Model) -> str:
        return f'"{self._form.version(record)}"'

    def _check(self, record: Model, if_match: str | None) -> None:
        """Raise StaleObject if the request has an ETag that differs from the record's."""
        if if_match is not None and if_match.strip() != self._etag(record):
            raise StaleObject(self.name.replace("_", " "))

    def _id(self, fields: Object) -> int | None:
        return id_in(fields.get("resource_uri"), self.area, self.name)

    async def _checked(
        self, fields: Object, id_: int | None, present: Mapping[int, Model], relations: Relations
    ) -> None:
        if id_ is not None and id_ not in present:
            raise SettingsInvalid({"resource_uri": [f"There is no {self.name} with id {id_}."]})
        self._form.understand(fields, present.get(id_ or 0), id_ or 0, relations)

    async def _created(self, fields: Object, number: int, relations: Relations, recorder: Recorder) -> Object:
        async def write() -> Shown:
            record = self._form.understand(fields, None, number, relations)
            await self._store.create(record)
            return self._shown(record, relations)

        return (await recorder.created(self, fields, write)).fields

    async def _changed(self, fields: Object, id_: int, before: Shown, recorder: Recorder) -> Object:
        return (await recorder.changed(self, id_, fields, lambda: self.update(id_, fields, None), before)).fields

    async def _removed(self, id_: int, before: Shown, recorder: Recorder) -> None:
        with suppress(NotFound):  # removed by an earlier attempt at the same request
            await recorder.deleted(self, id_, lambda: self.delete(id_, None, force=False), before)


def record_id(record: BaseModel) -> int:
    """The id of a record."""
    return int(record.id)  # type: ignore[attr-defined]


async def _each(work: Sequence[Awaitable[Result]]) -> list[Result]:
    """Write all records, a few at a time. Raises SettingsInvalid with the problems in all objects, keyed by position in
    the list.
    """
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
