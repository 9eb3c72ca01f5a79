"""Reads personal VMRs from CSV or JSON, and remembers the line where each of them begins.

CSV begins with a line of field names; `aliases` are separated by spaces or semicolons. JSON is a list of objects with
the management API's fields, or a list response of a Management Node ({"meta": …, "objects": […]}): data that only the
node has about a VMR is ignored.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.cli.faults import Fault, FileRefused
from shared.personal.field_table import CONFERENCE_FIELDS

FIELDS = tuple(CONFERENCE_FIELDS.defaults)
"""The fields of a VMR in a file."""

_GUARD = re.compile(r"\A'(?=[=+\-@\t\r])")
"""The console's export puts an apostrophe before values that a spreadsheet would interpret as formulas
(console/src/csv.js).
"""

_NOT_OURS = frozenset({"automatic_participants"})
"""Fields that only a node's own objects have."""

_OBJECTS = re.compile(r'\s*\{.*?"objects"\s*:\s*', re.DOTALL)
_SWITCH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_FROM_NODE = "resource_uri"


@dataclass(frozen=True)
class FileVmr:
    """A VMR in a file: its fields as sent, and the line where it begins.

    `faults` are syntax problems found while reading; if there are any, the fields are incomplete.
    """

    file: str
    line: int
    fields: dict[str, Any]
    faults: tuple[Fault, ...] = ()

    def fault(self, field: str, message: str) -> Fault:
        """A problem with one of the VMR's fields."""
        return Fault(self.file, self.line, field, message)


def read(path: Path) -> list[FileVmr]:
    """The VMRs in a file. Raises FileRefused if the file cannot be parsed at all; other problems are kept with each
    VMR.
    """
    name = str(path)
    if path.suffix.lower() not in (".csv", ".json"):
        raise FileRefused([Fault(name, 1, "", "must be a .csv or .json file.")])
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FileRefused([Fault(name, 1, "", f"cannot be read: {error.strerror}.")]) from error
    except UnicodeDecodeError as error:
        raise FileRefused([Fault(name, 1, "", "is not encoded in UTF-8. Save it in that encoding.")]) from error
    return list(_csv(name, text) if path.suffix.lower() == ".csv" else _json(name, text))


def _csv(name: str, text: str) -> Iterator[FileVmr]:
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    unknown = set(rows.fieldnames or ()) - set(FIELDS)
    if unknown or "name" not in (rows.fieldnames or ()):
        wanted = f"The first line must name the columns: name, and any of {', '.join(FIELDS[1:])}."
        also = f" There is no {', '.join(sorted(unknown))}." if unknown else ""
        raise FileRefused([Fault(name, 1, "", wanted + also)])
    try:
        for row in rows:
            line = rows.line_num  # where the row ends: no value may contain line breaks
            if None in row or None in row.values():
                found = Fault(name, line, "", "does not have as many values as the first line has columns.")
                yield FileVmr(name, line, {}, (found,))
            else:
                yield _typed(name, line, row)
    except csv.Error as error:
        found = Fault(name, rows.line_num + 1, "", f"is not valid CSV: {error}.")
        yield FileVmr(name, found.line, {}, (found,))


def _delimiter(text: str) -> str:
    """The delimiter of a CSV file. Spreadsheets in many countries use a semicolon."""
    heading = text.partition("\n")[0]
    return ";" if heading.count(";") > heading.count(",") else ","


def _typed(name: str, line: int, row: dict[str, str]) -> FileVmr:
    fields: dict[str, Any] = {column: _GUARD.sub("", cell.strip()) for column, cell in row.items()}
    if "aliases" in fields:
        fields["aliases"] = [{"alias": alias} for alias in re.split(r"[\s;]+", fields["aliases"]) if alias]
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for column, value in fields.items():
        try:
            values[column] = _value(name, line, column, value)
        except FileRefused as refused:
            faults += refused.faults
    return FileVmr(name, line, values, tuple(faults))


def _value(name: str, line: int, column: str, value: Any) -> Any:
    """The value of a cell, converted to the type of its field; for an empty cell, the field's default."""
    field = CONFERENCE_FIELDS.fields[column]
    if value == "" and not field.is_required:
        return field.default
    match field.type:
        case "boolean" if value.lower() not in _SWITCH:
            raise FileRefused([Fault(name, line, column, "Must be true or false.")])
        case "boolean":
            return _SWITCH[value.lower()]
        case "integer" if not (value.isascii() and value.isdecimal()):
            raise FileRefused([Fault(name, line, column, "Must be a whole number.")])
        case "integer":
            return int(value)
        case "related_list":
            return re.split(r"[\s;]+", value)
    return value


def _json(name: str, text: str) -> Iterator[FileVmr]:
    """Parse each object separately, so that its first line is known."""
    envelope = _OBJECTS.match(text)
    at = _after_space(text, envelope.end() if envelope else 0)
    if text[at : at + 1] != "[":
        raise FileRefused([Fault(name, 1, "", 'must be a list of VMRs, or contain one under "objects".')])
    line, counted = 1, 0
    decoder, at = json.JSONDecoder(), _after_space(text, at + 1)
    while text[at : at + 1] != "]":
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
            where = text.count("\n", 0, error.pos) + 1 if isinstance(error, json.JSONDecodeError) else line
            raise FileRefused([Fault(name, where, "", f"is not valid JSON: {reason}.")]) from error
        if not isinstance(value, dict):
            raise FileRefused([Fault(name, line, "", 'must be a VMR, such as {"name": "Alice\'s room"}.')])
        yield FileVmr(name, line, _own(value))
        at = _after_space(text, at)
        if text[at : at + 1] not in (",", "]"):
            raise FileRefused([Fault(name, text.count("\n", 0, at) + 1, "", "is not JSON: a comma is missing.")])
        at = _after_space(text, at + 1) if text[at] == "," else at


def _own(value: dict[str, Any]) -> dict[str, Any]:
    """The fields of an object that we use. If the file was written by hand, all fields are kept, so that misspelt ones
    are reported.
    """
    if _FROM_NODE not in value:
        return value
    kept = {name: value[name] for name in FIELDS if name in value and name not in _NOT_OURS}
    theme = kept.get("ivr_theme")
    if isinstance(theme, dict):
        kept["ivr_theme"] = theme.get("name")
    aliases = kept.get("aliases")
    if isinstance(aliases, list):
        entries = [entry for entry in aliases if isinstance(entry, dict)]
        kept["aliases"] = [{n: entry[n] for n in ("alias", "description") if n in entry} for entry in entries]
    return kept


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at
