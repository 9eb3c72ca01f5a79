"""`doctor`: what is wrong with integrations, from end to end."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from shared.cli import show
from shared.cli.arguments import Form, group
from shared.cli.connection import Connection
from shared.cli.management import Object
from shared.cli.outcome import Exit
from shared.cli.show import Output

commands = group()


@commands.command()
def doctor(
    context: typer.Context,
    integration: Annotated[str | None, typer.Argument(metavar="[INTEGRATION]", help="Name, UUID or id.")] = None,
    output: Form = Output.TEXT,
) -> None:
    """Examine an integration, or all of them, and print the command that fixes each problem.

    Nothing is changed. Commands are for Exchange PowerShell, az or a shell; replace words in capital letters. Exit code
    0: nothing is wrong, though there may be warnings; 1: something is wrong.
    """
    with context.ensure_object(Connection).open() as management:
        found = management.integrations() if integration is None else [management.integration(integration)]
        results = [(each, management.doctor(each["id"])) for each in found]
    if output is Output.JSON:
        show.as_json([result for _, result in results])
    else:
        show.show(*(part for each, result in results for part in _lines(each, result)))
    if not all(result["healthy"] for _, result in results):
        raise typer.Exit(Exit.CHANGES)


_MARKS = {
    (True, False): ("ok   ", "green"),
    (True, True): ("warn ", "yellow"),
    (False, False): ("FAULT", "red"),
}


def _lines(integration: Object, result: Object) -> list[Text]:
    """Problems and warnings with their remedies, and a summary of passed checks."""
    lines = [Text(show.plain(integration["name"]), style="bold")]
    for finding in result["findings"]:
        mark, style = _MARKS[finding["ok"], finding["warning"]]
        lines.append(Text.assemble("  ", (mark, style), f" {finding['check']}: {show.plain(finding['details'])}"))
        if finding["remedy"]:
            lines.append(Text(f"        {show.plain(finding['remedy'])}", style="cyan"))
    return lines
