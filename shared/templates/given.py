"""Converts the JSON values given for a preview to the values that the product itself would pass, or rejects them."""

from collections.abc import Mapping
from datetime import datetime

from shared.templates.catalogue import SAMPLES, TemplateField, accepted

_A_TIME = "a time with an offset, such as 2026-11-30T10:00:00+01:00"


def values_of(template: TemplateField, values: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    """The valid values, keyed by variable, and the problems with the others."""
    good: dict[str, object] = {}
    faults: list[str] = []
    for name, value in values.items():
        if name not in template.variables:
            faults.append(f"value of {name!r}: unknown variable; {accepted(template)}")
            continue
        try:
            good[name] = _like(SAMPLES[name], value)
        except ValueError as error:
            faults.append(f"value of {name!r}: must be {error}")
    return good, faults


def _like(sample: object, value: object) -> object:
    """The value converted to the type of the variable's sample. Raises ValueError, which says what is expected."""
    match sample:
        case datetime():
            return _time(value)
        case tuple():
            if not (isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value)):
                raise ValueError("a list of strings")
        case bool():
            if not isinstance(value, bool):
                raise ValueError("true or false")
        case _:
            if isinstance(value, bool) or not isinstance(value, str | int | None):
                raise ValueError("a string")
    return value


def _time(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo:
        return value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(_A_TIME)
    return moment
