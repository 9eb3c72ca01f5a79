"""Output for terminals. Printed values are untrusted, so they are never interpreted as markup or control codes."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.cli.changes import Change
from shared.cli.management import Object
from shared.integrations.integration import SECTIONS

_NARROWEST = 120
"""Width in columns for output to a file or a pipe, where there is no terminal."""


class Output(StrEnum):
    """Whether the output is for people or for programs."""

    TEXT = "text"
    JSON = "json"


def plain(text: object) -> str:
    """The text without control characters other than line endings and tabs."""
    lines = str(text).replace("\r\n", "\n")
    return "".join("�" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c for c in lines)


def as_json(value: Any) -> None:
    """Print a value for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def note(message: str) -> None:
    """Print a message that is not part of the command's result."""
    typer.echo(plain(message), err=True)


def show(*parts: Text | Table) -> None:
    """Print text and tables for people. Text keeps its line breaks, regardless of the terminal's width."""
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, _NARROWEST)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Text))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Rows under headings."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(plain(cell)) for cell in row))
    return drawn


def integration(fields: Object) -> Iterator[Text]:
    """Print all settings of an integration, section by section."""
    for section in SECTIONS:
        yield Text(section.title, style="bold")
        for name in section.__annotations__:
            if name in fields:
                yield Text.assemble("  ", (name, "cyan"), ": ", _indented(_value(fields[name])))


def change(planned: Change) -> Iterator[Text]:
    """Print what applying the file would do to one integration."""
    titles = {"create": "will be created", "update": "will be changed", "none": "stays unchanged"}
    yield Text(" ".join(filter(None, (plain(planned.name), plain(planned.uuid), titles[planned.action]))), style="bold")
    for name in sorted(planned.values):
        if variable := planned.entry.variables.get(name):
            yield Text(f"  {'~' if planned.before else '+'} {name}: will be the value of {variable}")
        else:
            yield from _difference(name, planned.now(name), planned.wanted(name), new=planned.before is None)
    for name in sorted(planned.secrets):
        done = "set" if planned.secrets[name] else "cleared"
        yield Text(f"  ! {name}: a secret, which cannot be compared; will be {done}")
    if planned.reinstalls_manifest:
        again = " again" if planned.now("manifest_installed_revision") else ""
        yield Text(f"  The add-in's manifest must be installed{again} afterwards.", style="yellow")
    if planned.ends_sign_in:
        yield Text("  The service account must sign in again afterwards.", style="yellow")


def change_json(planned: Change) -> dict[str, Any]:
    """The effect of applying the file, for programs. Secrets are named but not shown; for values from the environment,
    only the variables are shown.
    """
    return {
        "action": planned.action,
        "file": planned.entry.file,
        "line": planned.entry.line,
        "name": planned.name,
        "uuid": planned.uuid or None,
        "changes": {name: _change_json(planned, name) for name in sorted(planned.values)},
        "secrets": sorted(planned.secrets),
        "reinstalls_manifest": planned.reinstalls_manifest,
        "ends_sign_in": planned.ends_sign_in,
    }


def _change_json(planned: Change, name: str) -> dict[str, Any]:
    variable = planned.entry.variables.get(name)
    return {"from_env": variable} if variable else {"from": planned.now(name), "to": planned.wanted(name)}


_STYLES: Mapping[str, str] = {"+": "green", "-": "red", "@": "cyan"}


def _difference(name: str, now: Any, then: Any, *, new: bool) -> Iterator[Text]:
    """Print a field's old and new values; for a long text, only the lines that differ."""
    before, after = _value(now), _value(then)
    if new:
        yield Text(f"  + {name}: {_indented(after)}", style="green")
    elif "\n" in before or "\n" in after:
        yield Text(f"  ~ {name}:")
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
        for line in list(lines)[2:]:  # without the diff's two header lines
            yield Text(f"      {line}", style=_STYLES.get(line[0], ""))
    else:
        yield Text.assemble(f"  ~ {name}: ", (before, "red"), " → ", (after, "green"))


def _indented(text: str) -> str:
    return text if "\n" not in text else "\n" + "\n".join(f"      {line}" for line in text.splitlines())


def _value(value: Any) -> str:
    """A setting's value as in YAML, without quotes."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(_value(each["domain"] if isinstance(each, dict) else each) for each in value) or "(none)"
        case "":
            return '""'
    return plain(value)
