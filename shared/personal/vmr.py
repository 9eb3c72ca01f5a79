"""A personal VMR, with the limits of the original API's `conference` (docs/facts/pexip.md §2)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field

from shared.personal.fields import Address, Line, Name

MAX_ALIASES = 20
"""So that a VMR at its longest fits into one column of a table."""

ServiceType: TypeAlias = Literal["conference", "lecture", "two_stage_dialing"]
"""Virtual Meeting Room, Virtual Auditorium, Virtual Reception."""

SERVICE_TYPES: tuple[str, ...] = get_args(ServiceType)
Pin: TypeAlias = Annotated[str, Field(pattern=r"^([0-9]{4,20}|[0-9]{3,19}#)?$")]
"""4 to 20 digits, of which a # may be the last; "" when there is none."""


class Alias(BaseModel):
    """One of a VMR's aliases. `slot` tells it from the VMR's other ones and stays when it is renamed."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    alias: Name
    description: Line = ""
    slot: Annotated[int, Field(ge=1, le=MAX_ALIASES)]


class PersonalVmr(BaseModel):
    """A VMR as it is kept. `integration` is the uuid of the one it belongs to, "" for all; `created` an ISO time."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: int
    name: Name
    description: Line = ""
    service_type: ServiceType = "conference"
    tag: Line = ""
    aliases: Annotated[tuple[Alias, ...], Field(strict=False, max_length=MAX_ALIASES)] = ()
    pin: Pin = ""
    guest_pin: Pin = ""
    allow_guests: bool = False
    primary_owner_email_address: Address = ""
    sync_tag: Line = ""
    integration: str = ""
    created: str = ""
