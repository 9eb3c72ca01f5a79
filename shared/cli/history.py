"""`changes`: who changed what, and how to revert it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from shared.cli import show
from shared.cli.arguments import Form, group
from shared.cli.connection import Connection
from shared.cli.management import Object
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.show import Output

commands = group("Changes made by admins: list, show and revert them.")

_NEWEST = 50
_Change = Annotated[int, typer.Argument(metavar="ID", min=0, help="The change's id, which `changes list` shows.")]


@commands.command("list")
def list_(
    context: typer.Context,
    integration: Annotated[
        str, typer.Option("--integration", help="Name, UUID or id of an integration; all by default.")
    ] = "",
    admin: Annotated[str, typer.Option("--admin", help="A user name, or the name or id of an application.")] = "",
    since: Annotated[datetime | None, typer.Option("--since", help="The earliest time, in UTC.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", help="The latest time, in UTC.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The maximum number of changes.")] = _NEWEST,
    output: Form = Output.TEXT,
) -> None:
    """List changes, newest first. They are kept for a year."""
    with context.ensure_object(Connection).open() as management:
        moments = {"when__gte": since, "when__lt": until}
        filters = {name: moment.isoformat() for name, moment in moments.items() if moment}
        if admin:
            filters["who"] = admin
        if integration:
            filters["exchange_connector"] = str(management.integration(integration)["id"])
        found = management.changes(limit, **filters)
    if output is Output.JSON:
        return show.as_json(found)
    if not found:
        return typer.echo("No changes.")
    rows = [
        [each["id"], each["when"][:19], each["who"], each["action"], each["name"], ", ".join(each["fields"][:6])]
        for each in found
    ]
    return show.show(show.table(("id", "when (UTC)", "who", "what", "of", "fields"), rows))


@commands.command("show")
def show_(context: typer.Context, change: _Change, output: Form = Output.TEXT) -> None:
    """Show one change: its fields before and after. For secrets and PINs it only shows that they changed."""
    with context.ensure_object(Connection).open() as management:
        found = management.change_of(change)
    return show.as_json(found) if output is Output.JSON else show.show(*_lines(found))


@commands.command()
def revert(
    context: typer.Context,
    change: _Change,
    *,
    ask: Annotated[
        list[str] | None, typer.Option("--ask", metavar="FIELD", help="Prompt for this secret, which is not stored.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Revert even if the fields were changed again, or if data would be lost.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Revert a change by making a new one, which goes through the same checks as any save.

    Changed fields get their earlier values, created objects are deleted, and deleted objects are recreated. A deleted
    integration gets its uuid back, but not its meetings.
    """
    with context.ensure_object(Connection).open() as management:
        found = management.change_of(change)
        show.note("\n".join(str(line) for line in _lines(found)))
        if not yes and not typer.confirm("Revert this change?", err=True):
            raise CommandFailed(Exit.REFUSED, "Nothing was changed.")
        secrets = {name: typer.prompt(name, hide_input=True, err=True) for name in ask or ()}
        done = management.revert(change, secrets, force=force)
    typer.echo(show.plain(f"Reverted by change {done['id']}: {done['action']} of {done['name']}."))
    if done["not_restored"]:
        show.note(f"These values are not stored, so set them again: {', '.join(done['not_restored'])}.")


def _lines(change: Object) -> Iterator[Text]:
    rows = {
        "id": change["id"],
        "when": f"{change['when']} UTC",
        "who": change["who"],
        "what": f"{change['action']} {change['name']}".strip(),
        "target": change["target"],
        "state": "" if change["state"] == "done" else change["state"],
        "puts back": change["reverts"] or "",
    }
    for name, text in rows.items():
        if text:
            yield Text.assemble((f"{name:<10}", "bold"), show.plain(text))
    for name in change["fields"]:
        yield Text(name, style="bold")
        for mark, side in (("-", change["from"]), ("+", change["to"])):
            if side is not None and name in side:
                yield Text(f"  {mark} {_value(side[name])}")


def _value(value: Any) -> str:
    return show.plain(value if isinstance(value, str) else str(value)).replace("\n", "\n    ")
