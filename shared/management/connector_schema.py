"""The JSON schemas of `ms_exchange_connector` and `exchange_domain`, generated from the model of the settings."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic.fields import FieldInfo

from shared.integrations import Integration
from shared.integrations.conditions import ALWAYS, Condition
from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS, SECTIONS, settings
from shared.integrations.setting import Setting, format_of
from shared.integrations.settings.metadata import DOMAIN_MAX_LENGTH
from shared.management.listing import SEARCHED
from shared.management.resource import TIME, Schema

DOMAIN = "exchange_domain"

DOMAIN_SCHEMA: Schema = {
    "type": "object",
    "description": "An FQDN, or the https URL of Exchange's metadata document.",
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "domain": {"type": "string", "maxLength": DOMAIN_MAX_LENGTH, "minLength": 1},
        "exchange_connector": {"type": "string", "format": "uri-reference"},
        "creation_time": TIME,
        "resource_uri": {"type": "string", "format": "uri-reference", "readOnly": True},
    },
    "required": ["domain", "exchange_connector"],
}

_SEARCHED = ("name", "description", "room_mailbox_email_address", "uuid")
"""The fields in which integrations are searched."""

_WRITTEN: dict[str, Any] = {"type": "string", "pattern": r"\S"}
"""A string that is not blank."""


def connector_schema() -> Schema:
    """The JSON schema of an integration, generated from the model."""
    generated = _generated()
    properties = {
        name: _property(generated[name]) | {"title": setting.label, "description": setting.help}
        | ({"readOnly": True} if name in READ_ONLY_FIELDS else {})
        | ({"writeOnly": True} if name in SECRET_FIELDS else {})
        | (_WRITTEN if setting.required == ALWAYS else {})
        for name, _, setting in _known_settings()
    }  # fmt: skip
    properties["domains"] |= {
        "items": {
            "oneOf": [
                {**DOMAIN_SCHEMA, "required": []},
                {"type": "string", "description": "A name, or the URI of one of the integration's existing entries."},
            ]
        }
    }
    properties["resource_uri"] = {"type": "string", "format": "uri-reference", "readOnly": True}
    return {"type": "object", "properties": properties, SEARCHED: list(_SEARCHED), **_requirements()}


def _known_settings() -> Iterator[tuple[str, FieldInfo, Setting]]:
    """The settings that admins can read or write."""
    return (each for each in settings() if not (each[2].internal or (each[2].secret and each[2].read_only)))


def connector_extras() -> dict[str, Any]:
    """Additional properties for a form with an integration's settings; see DescribedResource.extras.

    These are the sections in order and, for each setting, when it is required, what changing it entails, and which
    variables a template may use.
    """
    from shared.templates import FIELDS  # needs jinja2, which other calls do not

    by_name = {name: (field, setting) for name, field, setting in _known_settings()}
    sections: list[dict[str, Any]] = [
        {"name": each.__name__, "title": each.title, "about": each.about,
         "condition": each.in_use.data() if each.in_use else None,
         "fields": [name for name in each.model_fields if name in by_name]}
        for each in SECTIONS
    ]  # fmt: skip
    section_of = {name: section["name"] for section in sections for name in section["fields"]}
    fields = {
        name: {
            "section": section_of[name],
            "condition": setting.required.data() if setting.required else None,
            "condition_text": setting.required.text() if setting.required else "",
            "manifest": setting.manifest,
            "sign_in": setting.sign_in,
            "syntax": format_.value if (format_ := format_of(field)) else "",
            **({"choices": dict(setting.choices)} if setting.choices else {}),
            **({"variables": list(FIELDS[name].variables)} if name in FIELDS else {}),
            **({"destination": FIELDS[name].destination.value} if name in FIELDS else {}),
        }
        for name, (field, setting) in by_name.items()
    }
    return {"sections": sections, "fields": fields}


def _requirements() -> Schema:
    """The settings that a new integration must have, and the conditions under which it must have them. Omitted settings
    get their defaults.
    """
    defaults = {name: field.default for name, field, _ in settings()}
    needed: defaultdict[Condition, list[str]] = defaultdict(list)
    for name, _, setting in settings():
        if setting.required:
            needed[setting.required].append(name)
    always = needed.pop(ALWAYS)
    rules = [{"if": when.schema(defaults), "then": _filled(names, defaults)} for when, names in needed.items()]
    return {"required": always, "allOf": rules}


def _filled(names: list[str], defaults: Mapping[str, object]) -> Schema:
    """The schema of objects with a value in each of these fields."""
    written = {name: {"minItems": 1} if defaults[name] == () else _WRITTEN for name in names}
    return {"properties": written, "required": [name for name in names if not defaults[name]]}


@cache
def _generated() -> Mapping[str, Any]:
    """Pydantic's JSON schema of the model, keyed by field."""
    found: Mapping[str, Any] = Integration.model_json_schema()["properties"]
    return found


def _property(generated: Mapping[str, Any]) -> dict[str, Any]:
    """Pydantic's schema of a field, with `anyOf: [something, null]` rewritten as a nullable type."""
    options = {key: value for key, value in generated.items() if key != "anyOf"}
    for option in generated.get("anyOf", ()):
        kinds = options.get("type", [])
        options |= {**option, "type": [*kinds, option["type"]]}
    return options
