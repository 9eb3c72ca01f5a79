"""Converts values of the wrong type whose meaning is obvious, as the original's framework does.

Scripts and spreadsheets send "30" for a number, 30 for a string and "true" for a boolean. Ambiguous values are left
unchanged, and later checks reject them.
"""

from __future__ import annotations

import re
from typing import Any

from shared.management.resource import Object, Schema

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_SWITCHES = {"true": True, "1": True, "false": False, "0": False}


def converted(fields: Object, schema: Schema) -> dict[str, Any]:
    """The fields of an object, each converted to the type in its schema if the meaning is unambiguous."""
    known = schema["properties"]
    return {name: _value(value, _types(known.get(name, {}))) for name, value in fields.items()}


def _types(schema: Schema) -> frozenset[str]:
    kind = schema.get("type", ())
    return frozenset([kind] if isinstance(kind, str) else kind)


def _value(value: Any, types: frozenset[str]) -> Any:
    match value:
        case bool():
            return value
        case int() if "boolean" in types and value in (0, 1):
            return bool(value)
        case int() if "string" in types and "integer" not in types:
            return str(value)
        case str() if "boolean" in types:
            return _SWITCHES.get(value.strip().lower(), value)
        case str() if "integer" in types and _WHOLE.fullmatch(value.strip()):
            return int(value)
    return value
