"""`doctor`: what is wrong with integrations, from end to end."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer
from rich.text import Text

from shared.cli import show
from shared.cli.arguments import Form, group
from shared.cli.connection import Connection
from shared.cli.management import ManagementClient, Object
from shared.cli.outcome import Exit
from shared.cli.show import Output

commands = group()

EXAMINED_AT_MOST = 20
"""How many integrations are examined if none is specified. Each one takes a dozen requests to Exchange."""


@commands.command()
def doctor(
    context: typer.Context,
    integration: Annotated[str | None, typer.Argument(metavar="[INTEGRATION]", help="Name, UUID or id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Examine all integrations.")] = False,
    output: Form = Output.TEXT,
) -> None:
    """Examine an integration, and print the command that fixes each problem.

    Without a name, 20 integrations are examined, those with alarms first. Nothing is changed. The commands are for
    Exchange PowerShell, az or a shell. In a command, replace the words in capital letters. Exit code 0: nothing is
    wrong, although there may be warnings; 1: something is wrong.
    """
    with context.ensure_object(Connection).open() as management:
        found, total = _chosen(management, integration, everything=everything)
        results = [(each, management.doctor(each["id"])) for each in found]
    if output is Output.JSON:
        show.as_json([result for _, result in results])
    else:
        show.show(*(part for each, result in results for part in _lines(each, result)))
    if total > len(found):
        left = f"{total - len(found):,} of {total:,} integrations were not examined"
        typer.echo(f"{left}. Those with alarms come first; specify one, or use --all.", err=True)
    if not all(result["healthy"] for _, result in results):
        raise typer.Exit(Exit.CHANGES)


def _chosen(management: ManagementClient, name: str | None, *, everything: bool) -> tuple[list[Object], int]:
    """The integrations to examine, and how many there are to choose from."""
    if name is not None or everything:
        found = [management.integration(name)] if name is not None else management.integrations()
        return found, len(found)
    alarms = dict.fromkeys(str(alarm["exchange_connector"]) for alarm in management.alarms())
    first, total = management.first_integrations(EXAMINED_AT_MOST)
    listed = {int(each["id"]): each for each in first}
    ids = [int(uri.rstrip("/").rpartition("/")[2]) for uri in islice(alarms, EXAMINED_AT_MOST)]
    raised = {id_: listed[id_] if id_ in listed else management.read(id_).fields for id_ in ids}
    return list((raised | listed).values())[:EXAMINED_AT_MOST], total


_MARKS = {
    (True, False): ("ok   ", "green"),
    (True, True): ("warn ", "yellow"),
    (False, False): ("FAULT", "red"),
}


def _lines(integration: Object, result: Object) -> list[Text]:
    """Show problems and warnings with their remedies, and a summary of passed checks."""
    lines = [Text(show.plain(integration["name"]), style="bold")]
    for finding in result["findings"]:
        mark, style = _MARKS[finding["ok"], finding["warning"]]
        lines.append(Text.assemble("  ", (mark, style), f" {finding['check']}: {show.plain(finding['details'])}"))
        if finding["remedy"]:
            lines.append(Text(f"        {show.plain(finding['remedy'])}", style="cyan"))
    return lines
