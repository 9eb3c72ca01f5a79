"""The fields of the original API's resources that we store, with one table per resource: `<resource>_fields.json`.

The table alone defines a field: its accepted values, default, JSON schema, and name in a policy response. A field has
these properties:

    type           string, integer, boolean, related (a URI, or a name), related_list, nested_list, datetime
    nullable, default, required, unique, writable, help_text
    max_length, minimum, maximum, choices, format (line, email, guid, pin, on_completion)
    related        the resource to which a reference points; shown_as "object": a reference is shown as an object
    policy         by service type, the field's name in a policy response; policy_factor, policy_as: its form there
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from shared.conferences.pins import is_pin
from shared.errors import SettingsInvalid
from shared.integrations import syntax
from shared.integrations.setting import Format

Schema: TypeAlias = Mapping[str, Any]

PIN_PATTERN = r"^([0-9]{4,20}|[0-9]{3,19}#)?$"
REFERENCE_MAX_LENGTH = 250
"""Maximum length of a URI or a name, in characters."""

REFERENCES_MAX_COUNT = 50
"""Maximum number of entries in a list of references."""

_REQUIRED = "This field is required, and must not be empty."
_UNIT = {"datetime": "string", "related": "string"}


def _in_format(format_: Format) -> Callable[[str], list[str]]:
    return lambda text: syntax.faults(format_, text)


def _pin_faults(text: str) -> list[str]:
    return [] if is_pin(text) else ["Must be 4 to 20 digits; the last character may be a # instead."]


def _completion_faults(text: str) -> list[str]:
    try:
        action = json.loads(text)
    except (ValueError, RecursionError):
        action = None
    match action:
        case {"disconnect": bool(), **rest} if not rest:
            return []
        case {"transfer": {"conference": str(), **role}, **rest} if not rest and role.keys() <= {"role"}:
            return []
    return ['Must be {"disconnect": true}, or {"transfer": {"conference": "<alias>", "role": "<role>"}}.']


_FORMATS: Mapping[str, Callable[[str], list[str]]] = {
    "line": _in_format(Format.LINE),
    "email": _in_format(Format.EMAIL),
    "guid": _in_format(Format.GUID),
    "pin": _pin_faults,
    "on_completion": _completion_faults,
}


@dataclass(frozen=True)
class Field:
    """A field. `facts` is its entry in the table."""

    name: str
    facts: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The field's type; see the module's docstring."""
        return str(self.facts["type"])

    @property
    def is_writable(self) -> bool:
        """Whether admins may change the field."""
        return bool(self.facts["writable"])

    @property
    def is_nullable(self) -> bool:
        """Whether null is a value in its own right."""
        return bool(self.facts["nullable"])

    @property
    def is_required(self) -> bool:
        """Whether every object must have a value."""
        return bool(self.facts.get("required"))

    @property
    def is_reference(self) -> bool:
        """Whether the field refers to an object on the platform, by name or by URI."""
        return self.type == "related" and self.is_nullable

    @property
    def is_shown_as_object(self) -> bool:
        """Whether a reference is shown as an object with an id, as in the original."""
        return self.facts.get("shown_as") == "object"

    @property
    def default(self) -> Any:
        """The value that the field has in a new object if none was sent."""
        return self.facts.get("default")

    def told_as(self, service_type: str) -> str | None:
        """The field's name in a policy response; None if a policy response does not contain it."""
        found: str | None = self.facts.get("policy", {}).get(service_type)
        return found

    def taken(self, value: Any) -> Any:
        """Convert a received value to its stored form. Null clears a list or a non-nullable string, and "" clears a
        choice.
        """
        if value is None and not self.is_nullable and (isinstance(self.default, str) or self.type == "related_list"):
            return self.default
        clears = self.is_nullable or "choices" in self.facts
        return self.default if value == "" and clears else value

    def faults(self, value: Any) -> list[str]:
        """All problems with a value in stored form."""
        if value is None:
            return [] if self.is_nullable else ["Must not be null."]
        match self.type:
            case "integer":
                return self._number_faults(value)
            case "boolean":
                return [] if isinstance(value, bool) else ["Must be true or false."]
            case "related_list":
                return self._list_faults(value)
        return self._text_faults(value)

    def _number_faults(self, value: Any) -> list[str]:
        if type(value) is not int:
            return ["Must be a whole number."]
        low, high = self.facts["minimum"], self.facts["maximum"]
        return [] if low <= value <= high else [f"Must be from {low} to {high}."]

    def _list_faults(self, value: Any) -> list[str]:
        form = re.compile(rf"(?:https?://[^/?#]+)?/api/admin/configuration/v1/{self.facts['related']}/[0-9]{{1,9}}/?")
        if not isinstance(value, list) or not all(isinstance(each, str) and form.fullmatch(each) for each in value):
            return [f"Must be a list of URIs such as /api/admin/configuration/v1/{self.facts['related']}/1/."]
        too_many = len(value) > REFERENCES_MAX_COUNT
        return [f"Ensure this list has at most {REFERENCES_MAX_COUNT} entries."] if too_many else []

    def _text_faults(self, value: Any) -> list[str]:
        if not isinstance(value, str):
            return ["Must be a string."]
        longest = self.facts.get("max_length", REFERENCE_MAX_LENGTH)
        if len(value) > longest:
            return [f"Ensure this value has at most {longest} characters."]
        if not value.strip() and self.is_required:
            return [_REQUIRED]
        if not value:
            return []
        if "choices" in self.facts and value not in self.facts["choices"]:
            return [f"Must be one of: {', '.join(self.facts['choices'])}."]
        return _FORMATS[self.facts["format"]](value) if "format" in self.facts else []

    def schema(self) -> dict[str, Any]:
        """The field's JSON schema, with `x-` keywords for what JSON Schema cannot express."""
        kind = _UNIT.get(self.type, self.type)
        shown = ["object", "string"] if self.is_shown_as_object else kind
        found: dict[str, Any] = {"type": "array" if kind.endswith("_list") else shown}
        if kind.endswith("_list"):
            entry: Any = ["object", "string"] if kind == "nested_list" or isinstance(shown, list) else "string"
            found["items"] = {"type": entry}
            found["maxItems"] = REFERENCES_MAX_COUNT
        elif self.is_nullable:
            found["type"] = [*([shown] if isinstance(shown, str) else shown), "null"]
        if self.type == "related" and not self.is_shown_as_object:
            found["format"] = "uri-reference"
        return found | self._limits() | self._notes()

    def _limits(self) -> dict[str, Any]:
        names = {"max_length": "maxLength", "minimum": "minimum", "maximum": "maximum", "choices": "enum"}
        found: dict[str, Any] = {theirs: self.facts[ours] for ours, theirs in names.items() if ours in self.facts}
        if "enum" in found:
            blank = [""] if self.default == "" else []
            found["enum"] = [*found["enum"], *blank, *([None] if self.is_nullable else [])]
        if self.is_required:
            found["minLength"] = 1
        return found | ({"pattern": PIN_PATTERN} if self.facts.get("format") == "pin" else {})

    def _notes(self) -> dict[str, Any]:
        found: dict[str, Any] = {"description": self.facts["help_text"]}
        if not self.is_writable:
            return found | {"readOnly": True} | self._related()
        if not self.is_required:
            found["default"] = self.default
        return found | ({"x-unique": True} if self.facts.get("unique") else {}) | self._related()

    def _related(self) -> dict[str, Any]:
        return {"x-related": self.facts["related"]} if "related" in self.facts else {}


class FieldTable:
    """The fields of a resource."""

    def __init__(self, resource: str) -> None:
        self._path = Path(__file__).with_name(f"{resource}_fields.json")

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields, keyed by name; the table is read when first needed."""
        return {name: Field(name, facts) for name, facts in json.loads(self._path.read_text())["fields"].items()}

    def default(self, name: str) -> Any:
        """The default for a field."""
        return self.fields[name].default

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """The defaults for all writable fields."""
        return {name: each.default for name, each in self.fields.items() if each.is_writable}

    @cached_property
    def emptied_by_put(self) -> Mapping[str, Any]:
        """The values of nullable fields and references omitted from a PUT. Nested objects are kept."""
        chosen = [each for each in self.fields.values() if each.is_writable and each.type != "nested_list"]
        return {
            each.name: [] if each.type == "related_list" else None
            for each in chosen
            if each.is_nullable or each.type == "related_list"
        }

    @cached_property
    def references(self) -> Mapping[str, str]:
        """Fields that refer to an object on the platform, with the object's resource."""
        return {name: str(each.facts["related"]) for name, each in self.fields.items() if each.is_reference}

    def schemas(self) -> dict[str, Schema]:
        """The JSON schema of every field, keyed by name."""
        return {name: each.schema() for name, each in self.fields.items()}

    @property
    def required(self) -> list[str]:
        """Fields that are required in every object."""
        return [name for name, each in self.fields.items() if each.is_required]

    def taken(self, sent: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
        """The received values of writable fields, in stored form. Read-only fields, which clients send back, are
        ignored. Raises SettingsInvalid with all problems, keyed by field, including required fields that a `new` object
        lacks. Lists of nested objects are checked elsewhere.
        """
        unknown = {name: ["There is no such field."] for name in sent.keys() - self.fields.keys()}
        if unknown:
            raise SettingsInvalid(unknown)
        taken = {name: self.fields[name].taken(value) for name, value in sent.items() if self.fields[name].is_writable}
        found = {n: self.fields[n].faults(v) for n, v in taken.items() if self.fields[n].type != "nested_list"}
        found |= {name: [_REQUIRED] for name in self.required if new and name not in sent}
        faults = {name: wrong for name, wrong in found.items() if wrong}
        if faults:
            raise SettingsInvalid(faults)
        return taken


CONFERENCE_FIELDS = FieldTable("conference")
ALIAS_FIELDS = FieldTable("conference_alias")
END_USER_FIELDS = FieldTable("end_user")
