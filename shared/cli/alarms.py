"""`alarms`: what is wrong, and what to do about it."""

from __future__ import annotations

import typer

from shared.cli import show
from shared.cli.arguments import Form, group
from shared.cli.connection import Connection
from shared.cli.show import Output

commands = group()


@commands.command()
def alarms(context: typer.Context, output: Form = Output.TEXT) -> None:
    """List the problems that an admin has to fix, and how to fix them."""
    with context.ensure_object(Connection).open() as management:
        found = management.alarms()
    if output is Output.JSON:
        return show.as_json(found)
    if not found:
        return typer.echo("No alarms.")
    columns = ("since (UTC)", "integration", "alarm", "cause", "remedy")
    fields = ("time_raised", "instance", "name", "details", "remedy")
    return show.show(show.table(columns, [[alarm[field] for field in fields] for alarm in found]))
