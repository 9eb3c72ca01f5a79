"""Converts a VMR into the fields of a policy response, as specified by the table of VMR fields (field_table.py)."""

from __future__ import annotations

import json
from typing import Any

from shared.conferences.answer import REQUIRED
from shared.integrations.references import path_in
from shared.personal.field_table import CONFERENCE_FIELDS, Field
from shared.personal.vmr import PersonalVmr


def service_of(vmr: PersonalVmr) -> dict[str, Any]:
    """A VMR's service. Fields with their default value are omitted, so that the platform's default applies."""
    values, told = vmr.fields, dict[str, Any]()
    for name, field in CONFERENCE_FIELDS.fields.items():
        as_ = field.told_as(vmr.service_type)
        if as_ and (as_ in REQUIRED or values[name] != field.default):
            told[as_] = _told(field, values[name], vmr)
    if told.get("breakout_rooms"):
        told.pop("direct_media", None)  # nodes accept either spelling
        told.pop("direct_media_notification_duration", None)
    return {name: value for name, value in told.items() if value is not None}


def _told(field: Field, value: Any, vmr: PersonalVmr) -> Any:
    """A value in the form that nodes accept: references as names, call rates in bits, and JSON as an object."""
    if field.is_reference and isinstance(value, str):
        return vmr.names.get(path_in(value), value)
    if value is None:
        return None
    if field.facts.get("policy_as") == "json":
        return json.loads(value) if value else None
    factor = field.facts.get("policy_factor")
    return value * factor if factor else value
