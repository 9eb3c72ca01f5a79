"""`conference`: VMRs, which admins manage, and the rooms of scheduled meetings.

A VMR's fields are in conference_objects.py, a room's in meeting_objects.py. The original API's fields are defined in
shared/personal/conference_fields.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.api_paths import CONFIGURATION, CONNECTOR, id_in
from shared.clock import Clock
from shared.errors import Conflict, NotFound
from shared.integrations import IntegrationStore
from shared.management.conference_objects import CONFERENCE, CONFERENCE_SCHEMA, OWN_FIELD, VmrForm, reference_in
from shared.management.directory import Directory
from shared.management.listing import BELOW
from shared.management.meeting_objects import FIRST_MEETING_ID
from shared.management.meeting_records import ROOMS, MeetingReader
from shared.management.relations import NameAt, PlatformNames, Relations, paths_in, platform_names
from shared.management.resource import Object, Shown
from shared.personal.field_table import CONFERENCE_FIELDS
from shared.personal.store import VmrStore
from shared.personal.vmr import PersonalVmr

_EMPTIED_BY_PUT = CONFERENCE_FIELDS.emptied_by_put


class Conferences(Directory[PersonalVmr]):
    """A BulkResource of personal VMRs. It also shows the rooms of scheduled meetings, which are read-only."""

    def __init__(
        self, store: VmrStore, meetings: MeetingReader, integrations: IntegrationStore, clock: Clock, name_at: NameAt
    ) -> None:
        about, emptied = "VMRs, and the rooms of scheduled meetings (read-only).", _EMPTIED_BY_PUT
        super().__init__(CONFERENCE, about, CONFERENCE_SCHEMA, store, VmrForm(clock), integrations, emptied)
        self._meetings = meetings
        self._name_at = name_at

    async def all(self) -> Sequence[Object]:
        """All VMRs and rooms. Personal VMRs come first, because their ids are lower."""
        return [*await super().all(), *await self._meetings.all(ROOMS)]

    async def one(self, id_: int) -> Shown:
        """The VMR or room with the given id. Raises NotFound."""
        try:
            return await super().one(id_)
        except NotFound:
            return Shown(await self._meetings.one(ROOMS, id_))

    async def found_by(self, exact: Mapping[str, str]) -> Sequence[Object] | None:
        """See SearchedResource.found_by. Meetings' rooms are found by alias or name. All VMRs are read.

        No rooms are read if the filter only allows ids of VMRs, which are lower.
        """
        below = exact.get(BELOW, "")
        if below.isdecimal() and int(below) <= FIRST_MEETING_ID:
            return await super().all()
        if "aliases__alias" in exact:
            return await self._meetings.by_alias(ROOMS, exact["aliases__alias"])
        return await self._meetings.by_name(ROOMS, exact["name"]) if "name" in exact else None

    async def update(self, id_: int, fields: Object, if_match: str | None) -> Shown:
        """Change a VMR. Raises NotFound, SettingsInvalid, and Conflict for the room of a scheduled meeting."""
        try:
            if OWN_FIELD not in fields and _uris((fields,)):  # URIs are resolved on the node of the VMR's integration
                fields = {**fields, OWN_FIELD: (await super().one(id_)).fields[OWN_FIELD]}
            return await super().update(id_, fields, if_match)
        except NotFound:
            raise await self._read_only(id_) from None

    async def delete(self, id_: int, if_match: str | None, *, force: bool) -> None:
        """Remove a VMR. Raises NotFound, and Conflict for the room of a scheduled meeting."""
        try:
            await super().delete(id_, if_match, force=force)
        except NotFound:
            raise await self._read_only(id_) from None

    async def _relations(self, objects: Sequence[Object] = ()) -> Relations:
        """The relations, with names for the URIs in VMRs. The names come from the Management Nodes of the VMRs'
        integrations, if they have any.
        """
        uris = _uris(objects)
        if not uris:  # no node is called, so the settings are not needed
            return Relations(await self._identities(), PlatformNames({}, {}))
        integrations = await self._integrations.list()
        ids = {id_in(each.get(OWN_FIELD), CONFIGURATION, CONNECTOR) for each in objects if _uris((each,))}
        own = [each for each in integrations if each.id in ids]
        return Relations(integrations, await platform_names(uris, own or integrations, self._name_at))

    async def _read_only(self, id_: int) -> Conflict:
        await self._meetings.one(ROOMS, id_)
        return Conflict("This room belongs to a scheduled meeting. It follows the meeting and is read-only here.")


def _uris(objects: Sequence[Object]) -> frozenset[str]:
    """The paths of all URI references in these objects."""
    return paths_in(reference_in(each.get(name)) for each in objects for name in CONFERENCE_FIELDS.references)
