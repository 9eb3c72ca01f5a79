"""`meetings`: scheduled meetings, and their rooms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from shared.cli import show
from shared.cli.arguments import Form, group
from shared.cli.connection import Connection
from shared.cli.management import ManagementClient, Object
from shared.cli.operations import outcome_of
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.show import Output

commands = group("Scheduled meetings: find a meeting, see its history, close its room.")

_NEAREST = 50
_Meeting = Annotated[
    str,
    typer.Argument(metavar="MEETING", help="The meeting's id, alias or tag, or text that matches only this meeting."),
]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
_Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The maximum number of meetings.")]


@commands.command("list")
def list_(
    context: typer.Context,
    integration: Annotated[
        str, typer.Option("--integration", help="Name, UUID or id of an integration; all by default.")
    ] = "",
    since: Annotated[
        datetime | None, typer.Option("--since", help="The earliest time, in UTC; now by default.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--until", help="The latest time, in UTC.")] = None,
    limit: _Limit = _NEAREST,
    output: Form = Output.TEXT,
) -> None:
    """List current and future meetings, soonest first. The times are those of the current or next occurrence."""
    with context.ensure_object(Connection).open() as management:
        filters = {"end__gte": since.isoformat(timespec="seconds")} if since else {"is_over": "false"}
        if until:
            filters["start__lt"] = until.isoformat()
        if integration:
            filters["exchange_connector"] = str(management.integration(integration)["id"])
        _print(management.meetings(limit, order_by="start", **filters), output)


@commands.command()
def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Part of the subject, name, description, alias or tag.")],
    limit: _Limit = _NEAREST,
    output: Form = Output.TEXT,
) -> None:
    """Find meetings, including past ones, latest first.

    Organizers can only be found if the integration's templates put them into the names or descriptions of conferences.
    Meetings without a room are in `operations list`. If there are many meetings, only the latest 2,000 are searched,
    and a note says so. A complete alias or tag is always found.
    """
    with context.ensure_object(Connection).open() as management:
        found, searched = management.search_meetings(limit, text)
    _print(found, output)
    if searched is not None:
        show.note(f"Only the latest {searched:,} meetings were searched. A complete alias or tag is always found.")


@commands.command("show")
def show_(context: typer.Context, meeting: _Meeting, output: Form = Output.TEXT) -> None:
    """Show one meeting: its room, its occurrences, and the decisions on its messages."""
    with context.ensure_object(Connection).open() as management:
        found = _meant(management, meeting)
        decided = [each for id_ in found["operations"] for each in management.operations(transaction_uuid=id_)]
    if output is Output.JSON:
        return show.as_json({**found, "operations": decided})
    return show.show(*_lines(found, decided))


@commands.command()
def close(context: typer.Context, meeting: _Meeting, *, yes: _Yes = False) -> None:
    """Close a meeting's room immediately. It stays closed, whatever the organizer sends, until it is reopened."""
    found, _ = _act(context, meeting, "close", "Close the room of {}?", yes=yes)
    typer.echo(show.plain(f"{found['alias']}: nobody can join any more."))


@commands.command()
def reopen(context: typer.Context, meeting: _Meeting) -> None:
    """Reopen a room that was closed with `close`."""
    _, changed = _act(context, meeting, "reopen")
    typer.echo(show.plain(f"{changed['alias']}: {_door(changed)}."))


@commands.command()
def resend(context: typer.Context, meeting: _Meeting, *, yes: _Yes = False) -> None:
    """E-mail the joining instructions again, from the equipment mailbox to the meeting's owner."""
    found, _ = _act(context, meeting, "resend", "E-mail the joining instructions for {} to its owner?", yes=yes)
    typer.echo(show.plain(f"{found['alias']}: the e-mail is on its way; `meetings show` shows its status."))


@commands.command()
def give(
    context: typer.Context,
    meeting: _Meeting,
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help='Address of the new owner; "" returns it to the organizer.')
    ],
    *,
    yes: _Yes = False,
) -> None:
    """Give a meeting to another owner.

    The new owner is shown as its organizer, owns the room on a Management Node, and receives the e-mails that `resend`
    sends. In Exchange, the organizer stays the same, and only the organizer can move or cancel the meeting.
    """
    question = f"Give {{}} to {address or 'its organizer again'}?"
    found, changed = _act(context, meeting, "transfer", question, yes=yes, organizer=address)
    typer.echo(show.plain(f"{found['alias']}: {changed['organizer'] or 'back to its organizer'}."))


def _act(
    context: typer.Context, meeting: str, action: str, question: str = "", *, yes: bool = False, **sent: str
) -> tuple[Object, Object]:
    """Carry out an action on a meeting. Its name replaces {} in the question. Returns the meeting before and after."""
    with context.ensure_object(Connection).open() as management:
        found = _meant(management, meeting)
        if question and not yes:
            _confirm(question.replace("{}", _called(found), 1))
        return found, management.act_on_meeting(int(found["id"]), action, **sent)


def _called(meeting: Object) -> str:
    return f"{meeting['subject'] or meeting['name']} ({meeting['alias']})"


def _confirm(question: str) -> None:
    if not typer.confirm(show.plain(question), err=True):
        raise CommandFailed(Exit.REFUSED, "Nothing was changed.")


def _meant(management: ManagementClient, meeting: str) -> Object:
    """The meeting that the argument identifies. Raises CommandFailed.

    If not all meetings were searched, a text might match another meeting as well. Only a complete alias or tag is then
    accepted.
    """
    by_id = management.meetings(2, id=meeting) if meeting.isascii() and meeting.isdecimal() else []
    found, searched = (by_id, None) if by_id else management.search_meetings(3, meeting)
    if searched is not None:
        names = ("alias", "numeric_alias", "tag")
        found = [each for each in found if meeting.lower() in {str(each[name]).lower() for name in names}]
    if not found and searched is not None:
        message = f"There are too many meetings to tell which one {meeting!r} means. Use its id, full alias, or tag."
        raise CommandFailed(Exit.MISSING, message)
    if not found:
        raise CommandFailed(Exit.MISSING, f"There is no meeting {meeting!r}: `meetings search` finds them by text.")
    if len(found) > 1:
        some = ", ".join(f"{each['id']} ({each['start']})" for each in found)
        raise CommandFailed(Exit.CONFLICT, f"{meeting!r} matches several meetings; use one of their ids: {some} …")
    return found[0]


def _print(found: list[Object], output: Output) -> None:
    if output is Output.JSON:
        return show.as_json(found)
    if not found:
        return typer.echo("No meetings.")
    columns = ("id", "start (UTC)", "end (UTC)", "room", "alias", "subject")
    rows = [
        [each[name] for name in ("id", "start", "end")] + [_door(each), each["alias"], each["subject"]]
        for each in found
    ]
    return show.show(show.table(columns, rows))


def _door(meeting: Object) -> str:
    if meeting["state"] == "held":
        return "closed by an admin"
    change = meeting["door"]["next_change"]
    if meeting["door"]["open"]:
        return f"open until {change} UTC"
    return f"closed until {change} UTC" if change else "closed"


def _lines(meeting: Object, decided: list[Object]) -> Iterator[Text]:
    rows = {
        "subject": meeting["subject"],
        "name": meeting["name"],
        "organizer": meeting["organizer"],
        "alias": meeting["alias"],
        "tag": meeting["tag"],
        "room": _door(meeting),
    }
    for name, text in rows.items():
        if text:
            yield Text.assemble((f"{name:<13}", "bold"), show.plain(text))
    yield Text("occurrences (UTC)", style="bold")
    for each in meeting["occurrences"]:
        yield Text(f"  {each['start']} to {each['end']}")
    yield Text("messages", style="bold")
    for each in decided:
        what = f"{each['what']}: {each['decision']}, {outcome_of(each)}"
        yield Text(show.plain(f"  {each['creation_time']}  {what}  {each['transaction_uuid']}"))
