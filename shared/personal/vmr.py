"""A personal VMR, as stored: the original API's `conference` (field_table.py; docs/facts/pexip.md §2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.personal.field_table import CONFERENCE_FIELDS

MAX_ALIASES = 20
"""Maximum number of aliases. It ensures that the longest possible VMR fits into one column of a table."""

PERSONAL_SERVICE_TYPES = ("conference", "lecture", "two_stage_dialing")
"""Virtual Meeting Room, Virtual Auditorium and Virtual Reception: the services listed by the add-in."""


class Alias(BaseModel):
    """One of a VMR's aliases. `slot` distinguishes it from the VMR's other aliases, and stays the same when the alias
    is renamed. `created` is an ISO time, or "" if the alias was created with its VMR by a version that did not store
    the time.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    alias: str
    description: str = ""
    view_order: int | None = None
    slot: Annotated[int, Field(ge=1, le=MAX_ALIASES)]
    created: str = ""


class PersonalVmr(BaseModel):
    """A stored VMR. `integration` is the uuid of the integration that it belongs to; "" for all. `created` is an ISO
    time. `settings` contains the original's other fields, keyed by name; fields with their default value are omitted.
    `names` contains the names of the objects that their URIs refer to. `revision` counts the VMR's changes; nodes get
    the newest revision. The limits are those of the table, and apply when a value is written. Stored values are read as
    they are.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: int
    name: str
    description: str = ""
    service_type: str = "conference"
    tag: str = ""
    aliases: Annotated[tuple[Alias, ...], Field(strict=False, max_length=MAX_ALIASES)] = ()
    pin: str = ""
    guest_pin: str = ""
    allow_guests: bool = False
    primary_owner_email_address: str = ""
    sync_tag: str = ""
    settings: Mapping[str, Any] = {}
    names: Mapping[str, str] = {}
    integration: str = ""
    created: str = ""
    revision: int = 0

    @property
    def fields(self) -> Mapping[str, Any]:
        """The original's writable fields with their values. Aliases are in stored form."""
        attributes = {name: getattr(self, name) for name in ATTRIBUTES}
        return {**CONFERENCE_FIELDS.defaults, **self.settings, **attributes}


ATTRIBUTES = frozenset(CONFERENCE_FIELDS.defaults) & frozenset(PersonalVmr.model_fields)
"""The original's fields that the code reads by name. All others are in `settings`."""
