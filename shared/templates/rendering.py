"""Checks, renders and previews templates for the rest of the product."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.clock import Clock, SystemClock
from shared.errors import InvalidRequest, TemplateInvalid
from shared.templates import environment, markup
from shared.templates.catalogue import FIELDS, SAMPLES, Destination, TemplateField, accepted, meeting_time
from shared.templates.given import values_of
from shared.templates.meter import Meter, RequirementNotMet

LINE_MAX_LENGTH = 250
"""Maximum length of a line, in characters. It is the limit for names, descriptions and policy responses
(docs/facts/pexip.md §1, §6).
"""


@dataclass(frozen=True)
class Preview:
    """The result of a preview. `html` is None for a line, and `line` is None for HTML."""

    html: str | None
    text: str
    line: str | None
    faults: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    """The template's output through `pex_debug_log`."""


_REQUIRED = "{{{{{}}}}} must be in the visible text: meetings are recognized by it"


def check(name: str, text: str) -> list[str]:
    """Every problem with a settings field's template (I4); an empty list if it can be saved. Raises InvalidRequest if
    there is no such field.
    """
    template = _field(name)
    html = template.destination is Destination.HTML
    tree, checked = environment.parse(text, html=html)
    faults = checked.faults + _unknown(template, checked.used, checked.assigned)
    if tree is not None and html:
        faults += markup.faults(tree)
    if faults and tree is not None and template.required and template.required not in checked.used:
        faults.append(_REQUIRED.format(template.required))
    return faults or _tried(template, text)


def _unknown(template: TemplateField, used: Mapping[str, int], assigned: set[str]) -> list[str]:
    return [
        f"line {line}: unknown variable {name!r}; {accepted(template)}"
        for name, line in used.items()
        if name not in template.variables and name not in assigned
    ]


def _tried(template: TemplateField, text: str) -> list[str]:
    """Problems that show up when the template is rendered with sample values."""
    try:
        result = _render(template, text, SAMPLES, Meter(SystemClock()))
    except RequirementNotMet:
        return []  # it may succeed with real values
    except TemplateInvalid as error:
        return [f"with sample values: {error}"]
    if template.required and str(SAMPLES[template.required]) not in markup.html_to_text(result):
        return [_REQUIRED.format(template.required)]
    return []


def render(name: str, text: str, values: Mapping[str, object], *, clock: Clock | None = None) -> str:
    """The result of a settings field's template for these values: HTML with values escaped, or one line of plain text
    (T3). Values are strings, numbers, booleans, None (which prints nothing), lists of these, and aware datetimes.
    Variables that the field does not accept are ignored. Raises TemplateInvalid if the template fails or exceeds its
    limits. The error gives the template's name and the line but not the values.
    """
    try:
        return _render(_field(name), text, values, Meter(clock or SystemClock()))
    except TemplateInvalid as error:
        raise type(error)(f"{name}: {error}") from error


def _render(template: TemplateField, text: str, values: Mapping[str, object], meter: Meter) -> str:
    html = template.destination is Destination.HTML
    given = {name: _value(values[name]) for name in template.variables if name in values}
    result = environment.run(text, given, meter, html=html)
    return result if html else one_line(result)


def preview(name: str, text: str, values: Mapping[str, object] | None = None, *, clock: Clock | None = None) -> Preview:
    """A template rendered with the given values, and with samples for the rest (T4). If there are problems, only these
    are returned. Values are JSON, with times as ISO strings with an offset. They are converted to what the product
    itself would pass.
    """
    template = _field(name)
    meter = Meter(clock or SystemClock())
    given, wrong = values_of(template, values or {})
    faults = check(name, text) + wrong
    try:
        result = _render(template, text, {**SAMPLES, **given}, meter) if not faults else ""
    except TemplateInvalid as error:
        faults, result = [str(error)], ""
    if template.destination is Destination.HTML:
        return Preview(result, markup.html_to_text(result), None, faults, meter.messages)
    return Preview(None, result, result, faults, meter.messages)


def one_line(text: str) -> str:
    """Plain text on one line of at most LINE_MAX_LENGTH characters, with white space collapsed and control characters
    removed.
    """
    folded = " ".join(text.split())
    plain = "".join(character for character in folded if unicodedata.category(character) not in ("Cc", "Cs"))
    return plain[:LINE_MAX_LENGTH].rstrip()


def _field(name: str) -> TemplateField:
    if name not in FIELDS:
        raise InvalidRequest(f"{name} is not a template; templates are {', '.join(FIELDS)}")
    return FIELDS[name]


def _value(value: object) -> Any:
    """A value as templates see it: without attributes, and never as markup."""
    if isinstance(value, list | tuple):
        return [_scalar(entry) for entry in value]
    return _scalar(value)


def _scalar(value: object) -> str | int | float | None:
    if isinstance(value, datetime):
        return meeting_time(value)
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, int | float):
        return value
    raise TypeError(f"a template's values are strings, numbers, times and lists of these, not {type(value).__name__}")
