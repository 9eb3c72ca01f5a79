"""`operations`: the decisions on meeting messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from shared.cli import show
from shared.cli.arguments import Form, group
from shared.cli.connection import Connection
from shared.cli.management import Object
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.show import Output

commands = group("Decisions on meeting messages, and the answers.")

_NEWEST = 50
_Since = Annotated[datetime | None, typer.Option("--since", help="The earliest time, in UTC; no limit by default.")]


@commands.command("list")
def list_(
    context: typer.Context,
    integration: Annotated[
        str, typer.Option("--integration", help="Name, UUID or id of an integration; all by default.")
    ] = "",
    since: _Since = None,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only operations that ended with an error.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=10_000, help="The maximum number of decisions, newest first.")
    ] = _NEWEST,
    output: Form = Output.TEXT,
) -> None:
    """List decisions, newest first. The exit code is 0 even if there is nothing to list."""
    with context.ensure_object(Connection).open() as management:
        filters = {"order_by": "-creation_time"}
        if integration:
            filters["resource_id"] = str(management.integration(integration)["id"])
        if since:
            filters["creation_time__gte"] = since.isoformat()
        if failed:
            filters |= {"success": "false", "is_pending": "false"}
        found = management.operations(limit, **filters)
    if output is Output.JSON:
        return show.as_json(found)
    if not found:
        return typer.echo("No operations.")
    columns = ("time (UTC)", "message", "decision", "outcome", "correlation id")
    fields = [
        (each["creation_time"], each["what"], each["decision"], outcome_of(each), each["transaction_uuid"])
        for each in found
    ]
    return show.show(show.table(columns, fields))


@commands.command("show")
def show_(
    context: typer.Context,
    correlation_id: Annotated[
        str, typer.Argument(metavar="CORRELATION_ID", help="The correlation id, from an answer, an alarm or the log.")
    ],
    output: Form = Output.TEXT,
) -> None:
    """Show the decision on a meeting message, and the cause if something went wrong."""
    with context.ensure_object(Connection).open() as management:
        found = management.operations(transaction_uuid=correlation_id.strip().lower())
        if not found:
            raise CommandFailed(Exit.MISSING, f"No operation has the correlation id {correlation_id}.")
        [integration] = management.integrations(id=str(found[0]["resource_id"])) or [{"name": ""}]
    if output is Output.JSON:
        return show.as_json(found[0])
    return show.show(*_lines(found[0], str(integration["name"])))


def outcome_of(operation: Object) -> str:
    """A short description of an operation's outcome."""
    return "in progress" if operation["is_pending"] else "done" if operation["success"] else "failed"


def _lines(found: Object, integration: str) -> list[Text]:
    rows = [
        ("integration", integration),
        ("time (UTC)", found["creation_time"]),
        ("message", found["what"]),
        ("decision", found["decision"]),
        ("reason", found["reason"]),
        ("outcome", outcome_of(found)),
        ("cause", found["error_description"]),
    ]
    return [Text.assemble((f"{name:<13}", "bold"), show.plain(text)) for name, text in rows if text]
