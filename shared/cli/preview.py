"""`preview`: what a template would produce."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any

import typer

from shared.cli import show
from shared.cli.arguments import Form, Reference, group
from shared.cli.connection import Connection
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.show import Output

commands = group()


@commands.command()
def preview(
    context: typer.Context,
    integration: Reference,
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="A setting such as conference_name_template.")],
    text: Annotated[
        Path | None, typer.Option("--text", help="Preview the template in this file instead of the saved template.")
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(
            "--value",
            metavar="NAME=TEXT",
            help="A variable's value; NAME:=JSON for a list, true or false. Times have the form "
            "2026-11-30T10:00:00+01:00. By default, sample values are used.",
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--open", help="Show the HTML in a browser, from a temporary file.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """Show what a template would produce with the integration's alias format and domain, using sample or given values.

    Exit code 3: the template is invalid.
    """
    values = dict(map(_pair, value or []))
    tried = None if text is None else _template(text)
    with context.ensure_object(Connection).open() as management:
        result = management.preview(management.integration(integration)["id"], template, tried, values)
    if output is Output.JSON:
        show.as_json(result)
    else:
        _print(result)
    if browser and result["html"]:
        _open(str(result["html"]))
    if result["faults"]:
        raise typer.Exit(Exit.REFUSED)


def _print(result: dict[str, Any]) -> None:
    """Print the rendered template on standard output, and everything else on standard error."""
    for message in result["messages"]:
        show.note(f"pex_debug_log: {message}")
    for fault in result["faults"]:
        show.note(f"{result['template']}: {fault}")
    shown = result["line"] if result["html"] is None else result["html"]
    if shown:
        typer.echo(show.plain(shown))


def _open(html: str) -> None:
    """The rendered template in a page that runs no scripts, because the person viewing it may not be its author."""
    policy = "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'"
    with NamedTemporaryFile("w", suffix=".html", delete=False, encoding="utf-8") as page:
        page.write(
            f'<!doctype html><meta charset=utf-8><meta http-equiv=Content-Security-Policy content="{policy}">{html}'
        )
    typer.launch(page.name)


def _pair(text: str) -> tuple[str, Any]:
    """Parse a variable and its value. Raises CommandFailed."""
    name, equals, value = text.partition("=")
    if not (name.removesuffix(":") and equals):
        raise CommandFailed(Exit.USAGE, f"--value {text!r} must be NAME=TEXT or NAME:=JSON.")
    if not name.endswith(":"):
        return name, value
    try:
        return name.removesuffix(":"), json.loads(value)
    except ValueError as error:
        raise CommandFailed(Exit.USAGE, f"--value {name.removesuffix(':')} is not JSON: {error}.") from error


def _template(file: Path) -> str:
    """A template's text. Raises CommandFailed."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandFailed(Exit.REFUSED, f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(Exit.REFUSED, f"{file} is not encoded in UTF-8. Save it in that encoding.") from error
