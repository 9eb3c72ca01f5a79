"""`conference_alias`: the aliases of VMRs and of meetings, one by one. They are also shown in their `conference`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.api_paths import CONFIGURATION, id_in
from shared.clock import Clock
from shared.errors import Conflict, NotFound, SettingsInvalid
from shared.management.conference_objects import ALIAS, ALIAS_SCHEMA, CONFERENCE, alias_object, free_slot, place
from shared.management.meeting_objects import FIRST_MEETING_ID
from shared.management.meeting_records import ROOM_ALIASES, MeetingReader
from shared.management.resource import Action, Object, Shown
from shared.personal.field_table import ALIAS_FIELDS
from shared.personal.fields import validated
from shared.personal.store import VmrStore
from shared.personal.vmr import Alias, PersonalVmr


class ConferenceAliases:
    """A WritableResource. A change to an alias is a change to its VMR."""

    area = CONFIGURATION
    name = ALIAS
    about = "Aliases of VMRs and (read-only) of scheduled meetings. They are also shown in their conference."
    schema = ALIAS_SCHEMA
    actions: Mapping[str, Action] = {}
    has_etags = False
    emptied_by_put = ALIAS_FIELDS.emptied_by_put

    def __init__(self, store: VmrStore, meetings: MeetingReader, clock: Clock) -> None:
        self._store = store
        self._meetings = meetings
        self._clock = clock

    async def all(self) -> Sequence[Object]:
        """All aliases of VMRs, followed by those of meetings, which have higher ids."""
        own = [alias_object(vmr, entry) for vmr in await self._store.all() for entry in vmr.aliases]
        return [*own, *await self._meetings.all(ROOM_ALIASES)]

    async def found_by(self, exact: Mapping[str, str]) -> Sequence[Object] | None:
        """See SearchedResource.found_by. A meeting's aliases are found by value, without reading other meetings."""
        return await self._meetings.by_alias(ROOM_ALIASES, exact["alias"]) if "alias" in exact else None

    async def one(self, id_: int) -> Shown:
        """The alias with the given id. Raises NotFound."""
        if id_ >= FIRST_MEETING_ID:
            return Shown(await self._meetings.one(ROOM_ALIASES, id_))
        vmr_id, slot = place(id_)
        vmr = await self._vmr(vmr_id, id_)
        return Shown(alias_object(vmr, _entry(vmr, slot, id_)))

    async def create(self, fields: Object) -> Shown:
        """Add an alias to a `conference`. Raises SettingsInvalid."""
        values = ALIAS_FIELDS.taken(fields, new=True) | {"created": self._clock.now().isoformat()}
        vmr_id = id_in(values.pop("conference"), CONFIGURATION, CONFERENCE)
        try:
            changed = await self._change(vmr_id or 0, lambda now: _with(now, values))
        except NotFound:
            raise SettingsInvalid({"conference": ["Must be the URI of a personal VMR's conference."]}) from None
        return Shown(alias_object(changed, changed.aliases[-1]))

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """Change an alias. It cannot be moved to a different VMR. Raises NotFound, SettingsInvalid, and Conflict for a
        meeting's alias.
        """
        values, (vmr_id, slot) = ALIAS_FIELDS.taken(fields, new=False), place(id_)
        await self._check_writable(id_)
        vmr = await self._vmr(vmr_id, id_)
        _entry(vmr, slot, id_)
        wanted = values.pop("conference", None)
        if wanted is not None and id_in(wanted, CONFIGURATION, CONFERENCE) != vmr_id:
            raise SettingsInvalid({"conference": ["Cannot be changed. Delete this alias and create a new one."]})

        def change(now: PersonalVmr) -> PersonalVmr:
            changed = validated(Alias, _entry(now, slot, id_).model_dump() | values)
            return _having(now, [changed if each.slot == slot else each for each in now.aliases])

        changed = await self._change(vmr_id, change)
        return Shown(alias_object(changed, _entry(changed, slot, id_)))

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Remove an alias. Raises NotFound, and Conflict for a scheduled meeting's alias."""
        await self._check_writable(id_)
        vmr_id, slot = place(id_)
        await self._vmr(vmr_id, id_)

        def change(now: PersonalVmr) -> PersonalVmr:
            gone = _entry(now, slot, id_)
            return _having(now, [each for each in now.aliases if each != gone])

        await self._store.change(vmr_id, change)

    async def _change(self, vmr_id: int, change: Callable[[PersonalVmr], PersonalVmr]) -> PersonalVmr:
        """Change the VMR. Problems with the new alias are reported for the field that was sent."""
        try:
            return await self._store.change(vmr_id, change)
        except SettingsInvalid as refused:
            faults = {"alias" if field == "aliases" else field: texts for field, texts in refused.faults.items()}
            raise SettingsInvalid(faults) from refused

    async def _check_writable(self, id_: int) -> None:
        if id_ >= FIRST_MEETING_ID:
            await self._meetings.one(ROOM_ALIASES, id_)
            raise Conflict("This alias belongs to a scheduled meeting. It follows the meeting and is read-only here.")

    async def _vmr(self, vmr_id: int, id_: int) -> PersonalVmr:
        try:
            return await self._store.get(vmr_id)
        except NotFound:
            raise _no_such(id_) from None


def _with(vmr: PersonalVmr, values: Mapping[str, Any]) -> PersonalVmr:
    slot = free_slot(each.slot for each in vmr.aliases)
    return _having(vmr, [*vmr.aliases, validated(Alias, {**values, "slot": slot})])


def _having(vmr: PersonalVmr, aliases: Sequence[Alias]) -> PersonalVmr:
    return vmr.model_copy(update={"aliases": tuple(aliases)})


def _entry(vmr: PersonalVmr, slot: int, id_: int) -> Alias:
    found = next((each for each in vmr.aliases if each.slot == slot), None)
    if found is None:
        raise _no_such(id_)
    return found


def _no_such(id_: int) -> NotFound:
    return NotFound(f"There is no {ALIAS} with id {id_}.")
