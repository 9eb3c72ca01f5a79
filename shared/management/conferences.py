"""`conference` and `conference_alias`: personal VMRs, which admins keep, beside the rooms of scheduled meetings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.clock import Clock
from shared.conferences.pins import pin_faults
from shared.errors import Conflict, NotFound, SettingsInvalid
from shared.integrations import IntegrationStore
from shared.management.directory import Directory, Owners, schemas, sent
from shared.management.records import Records
from shared.management.resource import CONFIGURATION, TIME, Object, Schema, Shown, id_in, time_text, uri
from shared.personal.fields import normal, validated
from shared.personal.store import VmrStore
from shared.personal.vmr import MAX_ALIASES, Alias, PersonalVmr

CONFERENCE = "conference"
ALIAS = "conference_alias"
_PER_VMR = 32
"""An alias's id is its VMR's times this, plus its slot: so the id says where it is."""

ALIAS_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        **schemas(Alias, "alias", "description"),
        "conference": {"type": "string", "format": "uri-reference"},
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
    "required": ["alias", "conference"],
}
CONFERENCE_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        **schemas(
            PersonalVmr,
            *("name", "description", "service_type", "tag", "pin", "guest_pin", "allow_guests"),
            *("primary_owner_email_address", "sync_tag"),
        ),
        "aliases": {"type": "array", "maxItems": MAX_ALIASES, "items": {"type": ["object", "string"]}},
        "exchange_connector": {"type": ["string", "null"], "format": "uri-reference"},
        "creation_time": TIME,
        "scheduled_conferences_count": {"type": "integer", "readOnly": True},
        "non_idp_participants": {"type": "string", "readOnly": True},
        "is_open": {"type": "boolean", "readOnly": True},
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
    "required": ["name"],
}


class VmrForm:
    """A Form of personal VMRs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def show(self, record: PersonalVmr, owners: Owners) -> Object:
        """See Form.show."""
        return {
            **record.model_dump(exclude={"integration", "created"}),
            "aliases": [alias_object(record, entry) for entry in record.aliases],
            "exchange_connector": owners.uri(record.integration),
            "creation_time": time_text(datetime.fromisoformat(record.created)),
            "scheduled_conferences_count": 0,
            "non_idp_participants": "",
            "is_open": True,
            "resource_uri": uri(CONFIGURATION, CONFERENCE, record.id),
        }

    def understand(self, fields: Object, before: PersonalVmr | None, id_: int, owners: Owners) -> PersonalVmr:
        """See Form.understand."""
        values = sent(fields, CONFERENCE_SCHEMA)
        if "exchange_connector" in values:
            values["integration"] = owners.uuid(values.pop("exchange_connector"))
        if "aliases" in values:
            values["aliases"] = _aliases(values["aliases"], before.aliases if before else (), id_)
        start = before.model_dump() if before else {"id": id_, "created": self._clock.now().isoformat()}
        vmr = validated(PersonalVmr, start | values)
        faults = pin_faults(vmr.pin, vmr.guest_pin, allow_guests=vmr.allow_guests)
        if faults:
            raise SettingsInvalid(faults)
        return vmr


class Conferences(Directory[PersonalVmr]):
    """A BulkResource of personal VMRs that shows the rooms of scheduled meetings as well; those are only read."""

    def __init__(self, store: VmrStore, scheduled: Records, integrations: IntegrationStore, clock: Clock) -> None:
        about = "Personal VMRs, and the rooms of scheduled meetings, which are only read."
        super().__init__(CONFERENCE, about, CONFERENCE_SCHEMA, store, VmrForm(clock), integrations)
        self._scheduled = scheduled

    async def all(self) -> Sequence[Object]:
        """Personal VMRs first: their ids are smaller."""
        return [*await super().all(), *map(_scheduled, await self._scheduled.all())]

    async def one(self, id_: int) -> Shown:
        """The VMR or room of an id. Raises NotFound."""
        try:
            return await super().one(id_)
        except NotFound:
            return Shown(_scheduled((await self._scheduled.one(id_)).fields))

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """The changed VMR. Raises NotFound, SettingsInvalid, and Conflict for the room of a scheduled meeting."""
        try:
            return await super().update(id_, fields, if_match)
        except NotFound:
            raise await self._read_only(id_) from None

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Remove a VMR. Raises NotFound, and Conflict for the room of a scheduled meeting."""
        try:
            await super().delete(id_, if_match, force=force)
        except NotFound:
            raise await self._read_only(id_) from None

    async def _read_only(self, id_: int) -> Conflict:
        await self._scheduled.one(id_)
        return Conflict("This is the room of a scheduled meeting: it follows the meeting, and is only read here.")


def _scheduled(room: Object) -> Object:
    """The room of a meeting with the fields that it has not; its aliases are among the scheduled_alias objects."""
    absent: Mapping[str, Any] = {
        "aliases": [], "pin": "", "guest_pin": "", "allow_guests": False, "primary_owner_email_address": "",
        "sync_tag": "", "exchange_connector": None, "scheduled_conferences_count": 1,
    }  # fmt: skip
    return {**absent, **room}


def alias_object(vmr: PersonalVmr, entry: Alias) -> dict[str, Any]:
    """A VMR's alias as `conference_alias` shows it."""
    id_ = vmr.id * _PER_VMR + entry.slot
    return {
        "id": id_,
        "alias": entry.alias,
        "conference": uri(CONFIGURATION, CONFERENCE, vmr.id),
        "description": entry.description,
        "resource_uri": uri(CONFIGURATION, ALIAS, id_),
    }


def place(alias_id: int) -> tuple[int, int]:
    """The VMR's id and the slot of an alias's id."""
    return divmod(alias_id, _PER_VMR)


def free_slot(taken: Iterable[int]) -> int:
    """The slot of one more alias. Raises SettingsInvalid when the VMR has as many as it may."""
    free = set(range(1, MAX_ALIASES + 1)) - set(taken)
    if not free:
        raise SettingsInvalid({"aliases": [f"A conference has at most {MAX_ALIASES} aliases."]})
    return min(free)


def _aliases(given: Any, before: Sequence[Alias], vmr: int) -> list[dict[str, Any]]:
    """The entries of `aliases` as they are kept: texts, objects, or URIs of aliases that the VMR has already."""
    if not isinstance(given, list):
        raise SettingsInvalid({"aliases": ["Must be a list."]})
    chosen = [_alias(entry, before, vmr) for entry in given]
    taken = {entry["slot"] for entry in chosen if "slot" in entry}
    for entry in chosen:
        if "slot" not in entry:
            entry["slot"] = free_slot(taken)
            taken.add(entry["slot"])
    return chosen


def _alias(entry: Any, before: Sequence[Alias], vmr: int) -> dict[str, Any]:
    """One of them; with its slot if the VMR has it already."""
    reference = entry.get("resource_uri") if isinstance(entry, dict) else entry
    id_ = id_in(reference, CONFIGURATION, ALIAS)
    fields = (
        {name: entry[name] for name in ("alias", "description") if name in entry} if isinstance(entry, dict) else {}
    )
    if isinstance(entry, str) and id_ is None:
        fields = {"alias": entry}
    wanted = normal(str(fields.get("alias", "")))
    known = next((a for a in before if (vmr, a.slot) == place(id_ or 0) or normal(a.alias) == wanted), None)
    if known is None and not fields:
        raise SettingsInvalid(
            {"aliases": ['Must hold texts, objects such as {"alias": "alice"}, or own aliases\' URIs.']}
        )
    return {**(known.model_dump() if known else {}), **fields}
