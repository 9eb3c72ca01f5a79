"""Generates docs/settings.md from the model: run `python -m shared.integrations.settings_docs` in the root folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from shared.integrations.conditions import ALWAYS
from shared.integrations.integration import SECTIONS, Integration
from shared.integrations.setting import Format, Section, Setting, format_of, is_nullable, setting_of
from shared.templates import FIELDS as TEMPLATES

PATH = Path("docs/settings.md")

_INTRODUCTION = """\
# Settings of an integration

This page is generated from the model in `shared/integrations/settings/`. After a change to the model, run
`python -m shared.integrations.settings_docs`. The fields have the same names as in the management API's resource
`ms_exchange_connector`.

- A `*` after a name means that the add-in's manifest must be reinstalled after a change.
- A `†` after a name means that a change ends the OAuth sign-in of the service account, which then has to sign in again.
- *Secret* settings can be set, and cleared with `""`, but never read.
- If any setting is invalid, the whole save is rejected and all problems are reported by field.
- Line endings in strings are stored as sent. The default templates use CR LF.
- Hosts that this service itself calls must be specified as FQDNs, not as IP addresses or loopback names. Names may
  resolve to private addresses. Only a local stack accepts plain http, and only for loopback addresses.
"""


def settings_page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_INTRODUCTION, *(line for section in SECTIONS for line in _section(section))])


def _section(section: type[Section]) -> Iterator[str]:
    yield f"## {section.title}\n"
    yield f"{section.__doc__} {section.about}".strip() + "\n"
    texts = []
    for name in section.__annotations__:
        if name not in Integration.model_fields:
            continue
        field = Integration.model_fields[name]
        setting = setting_of(field)
        if setting.internal:
            continue
        yield from _entry(name, field, setting)
        if _is_long(field):
            texts.append((name, str(field.default)))
    for name, text in texts:
        yield f"Default of `{name}`:\n\n```html\n{text.replace(chr(13), '')}\n```\n"


def _entry(name: str, field: FieldInfo, setting: Setting) -> Iterator[str]:
    marks = ("*" if setting.manifest else "") + ("†" if setting.sign_in else "")
    yield f"### `{name}`{marks}\n"
    yield f"**{setting.label}.** {setting.help}\n"
    for term, value in _facts(name, field, setting):
        yield f"- {term}: {value}"
    yield ""


def _facts(name: str, field: FieldInfo, setting: Setting) -> Iterator[tuple[str, str]]:
    yield "Type", _type(field, setting)
    if not (setting.secret or setting.read_only or name == "uuid" or _is_list(field)):
        yield "Default", "below, at the end of this section" if _is_long(field) else _default(field)
    if setting.required:
        yield "Required", "always" if setting.required == ALWAYS else f"when {setting.required.text('`')}"
    if name in TEMPLATES:
        variables = ", ".join(f"`{variable}`" for variable in TEMPLATES[name].variables)
        yield "Accepted variables", variables or "none"


def _type(field: FieldInfo, setting: Setting) -> str:
    parts = [_kind(field, setting), *_limits(field)]
    parts += ["may be null"] if is_nullable(field) else []
    parts += ["secret"] if setting.secret else []
    parts += ["read-only"] if setting.read_only else []
    return ", ".join(parts)


def _kind(field: FieldInfo, setting: Setting) -> str:
    format_ = format_of(field)
    if get_origin(field.annotation) is Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    if _is_list(field):
        return "list of `exchange_domain` records"
    if format_ and format_ is not Format.LINE:
        return str(format_.value)
    if field.annotation is bool:
        return "true or false"
    return "whole number" if field.annotation is int else "text"


def _limits(field: FieldInfo) -> Iterator[str]:
    limits = {
        key: value
        for item in field.metadata
        for key in ("min_length", "max_length", "ge", "le")
        if (value := getattr(item, key, None)) is not None
    }
    if "ge" in limits:
        yield f"{limits['ge']} to {limits['le']}"
    elif "min_length" in limits:
        yield f"{limits['min_length']} to {limits['max_length']} characters"
    elif "max_length" in limits and format_of(field) is not Format.GUID:
        unit = "entries" if _is_list(field) else "characters"
        yield f"at most {limits['max_length']:,} {unit}"


def _default(field: FieldInfo) -> str:
    match field.default:
        case None:
            return "null"
        case "":
            return "empty"
        case bool():
            return str(field.default).lower()
    return f"`{field.default}`"


def _is_list(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def _is_long(field: FieldInfo) -> bool:
    return isinstance(field.default, str) and "\n" in field.default


if __name__ == "__main__":
    PATH.write_text(settings_page(), encoding="utf-8")
