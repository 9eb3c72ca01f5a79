"""`alarms`, `operation` and `preview`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from shared.cli import show
from shared.cli.connection import Connection
from shared.cli.integrations import Form, Reference
from shared.cli.management import Object
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.show import Output


def alarms(context: typer.Context, output: Form = Output.TEXT) -> None:
    """List what an admin has to fix, and how."""
    with context.ensure_object(Connection).open() as management:
        found = management.alarms()
    if output is Output.JSON:
        return show.as_json(found)
    if not found:
        return typer.echo("No alarms.")
    columns = ("since (UTC)", "integration", "alarm", "cause", "remedy")
    fields = ("time_raised", "instance", "name", "details", "remedy")
    return show.show(show.table(columns, [[alarm[field] for field in fields] for alarm in found]))


def operation(
    context: typer.Context,
    correlation_id: Annotated[str, typer.Argument(metavar="CORRELATION_ID", help="As in an answer, alarm or log.")],
    output: Form = Output.TEXT,
) -> None:
    """Show what was decided on a meeting message, and the cause if it went wrong."""
    with context.ensure_object(Connection).open() as management:
        found = management.operations(transaction_uuid=correlation_id.strip().lower())
        if not found:
            raise CommandFailed(Exit.MISSING, f"No operation has the correlation id {correlation_id}.")
        [integration] = management.integrations(id=str(found[0]["resource_id"])) or [{"name": ""}]
    if output is Output.JSON:
        return show.as_json(found[0])
    return show.show(*_operation_lines(found[0], str(integration["name"])))


def _operation_lines(found: Object, integration: str) -> list[Text]:
    outcome = "under way" if found["is_pending"] else "done" if found["success"] else "failed"
    rows = [
        ("integration", integration),
        ("time (UTC)", found["creation_time"]),
        ("message", found["what"]),
        ("decision", found["decision"]),
        ("reason", found["reason"]),
        ("outcome", outcome),
        ("cause", found["error_description"]),
    ]
    return [Text.assemble((f"{name:<13}", "bold"), show.plain(text)) for name, text in rows if text]


def preview(
    context: typer.Context,
    integration: Reference,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="A setting such as conference_name_template.")],
    text: Annotated[
        Path | None, typer.Option("--text", help="Try the template in this file instead of the saved one.")
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            "--value",
            metavar="NAME=TEXT",
            help="A variable's value; NAME:=JSON for a list, true or false. Times are "
            "as in 2026-11-30T10:00:00+01:00. Samples otherwise.",
        ),
    ] = None,
    output: Form = Output.TEXT,
) -> None:
    """Show what a template would look like, with sample values or given ones.

    Exit code 3: the template has faults.
    """
    values = dict(map(_pair, value or []))
    tried = None if text is None else _template(text)
    with context.ensure_object(Connection).open() as management:
        result = management.preview(management.integration(integration)["id"], template, tried, values)
    if output is Output.JSON:
        show.as_json(result)
    else:
        _print(result)
    if result["faults"]:
        raise typer.Exit(Exit.REFUSED)


def _print(result: dict[str, Any]) -> None:
    """The rendered template on the standard output, all about it beside."""
    for message in result["messages"]:
        show.note(f"pex_debug_log: {message}")
    for fault in result["faults"]:
        show.note(f"{result['template']}: {fault}")
    shown = result["line"] if result["html"] is None else result["html"]
    if shown:
        typer.echo(show.plain(shown))


def _pair(text: str) -> tuple[str, Any]:
    """A variable and its value. Raises CommandFailed."""
    name, equals, value = text.partition("=")
    if not (name.removesuffix(":") and equals):
        raise CommandFailed(Exit.USAGE, f"--value {text!r} must be NAME=TEXT or NAME:=JSON.")
    if not name.endswith(":"):
        return name, value
    try:
        return name.removesuffix(":"), json.loads(value)
    except ValueError as error:
        raise CommandFailed(Exit.USAGE, f"--value {name.removesuffix(':')} is no JSON: {error}.") from error


def _template(file: Path) -> str:
    """A template's text. Raises CommandFailed."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandFailed(Exit.REFUSED, f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(Exit.REFUSED, f"{file} is not UTF-8: save the file in that encoding.") from error
