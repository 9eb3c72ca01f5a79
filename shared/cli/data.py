"""`data export`, `data import` and `data erase`: the deployment's tables, accessed directly with the az login."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from azure.core.exceptions import AzureError

from shared.bookings.rows import RowKind
from shared.cli import show
from shared.cli.arguments import group
from shared.cli.outcome import CommandFailed, Exit
from shared.composition.conferences import erase
from shared.errors import Conflict, InvalidRequest, Unavailable
from shared.operations.erasure import Person, Traces, traces_of
from shared.operations.files import export_file, import_file, open_tables
from shared.storage import Tables

commands = group("Export and import all tables; erase a person's data.")

Where = Annotated[
    str, typer.Option("--tables", metavar="URL", help="Table endpoint, such as https://ACCOUNT.table.core.windows.net.")
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="Lines of JSON.")]
Result = TypeVar("Result")


@commands.callback()
def data() -> None:
    """Export and import all tables; erase a person's data."""


@commands.command("export")
def export_(file: File, tables: Where) -> None:
    """Write all tables to a file that only you can read.

    It contains personal data, but no secrets: tables only contain references to secrets in the vault.
    """
    typer.echo(f"{_run(tables, lambda opened: export_file(opened, file))} rows were written to {file}.")


@commands.command("import")
def import_(file: File, tables: Where) -> None:
    """Restore rows that are missing from the tables. Existing rows are kept.

    The file is read completely first, so that a damaged file changes nothing. An interrupted import can be run again.
    """
    done = _run(tables, lambda opened: import_file(opened, file))
    typer.echo(f"{done.written} rows were written; {done.kept} already existed and were left unchanged.")


@commands.command("erase")
def erase_(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")],
    tables: Where,
    id_: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="The person's Entra object id, or Exchange user id (msexchuid)."),
    ] = None,
    word: Annotated[
        list[str] | None,
        typer.Option("--word", help="A word to search for in meeting texts, such as the person's name."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Remove everything that the tables contain about a person: user records, personal VMRs, meetings, decisions and
    answers.

    The data is listed, and removed once you confirm. Rooms of future meetings are closed. Records of admins' changes
    are kept, but data about the person is removed from them. First remove the person's messages from the equipment
    mailbox: see docs/operations.md.
    """
    try:
        person = Person(email, frozenset(id_ or ()), tuple(word or ()))
    except InvalidRequest as error:
        raise CommandFailed(Exit.USAGE, str(error)) from error
    traces = _run(tables, lambda opened: traces_of(opened, person))
    if not traces:
        return typer.echo("Nothing is stored about this person.")
    _tell(traces)
    if not yes:
        typer.confirm("Remove all of this?", abort=True)
    _run(tables, lambda opened: erase(opened, traces))
    return typer.echo("Removed.")


def _tell(traces: Traces) -> None:
    rows = [["user record", user.email] for user in traces.users]
    rows += [["personal VMR", vmr.name] for vmr in traces.vmrs]
    rows += [[f"meeting, {booking.state}", booking.alias] for booking in traces.bookings]
    rows += [["decision", RowKind.OPERATION.name_in(decision.row.key)] for decision in traces.decisions]
    rows += [["change", str(change.id)] for change in traces.changes]
    show.show(show.table(("what", "which"), rows))


def _run(where: str, work: Callable[[Tables], Awaitable[Result]]) -> Result:
    """Run the given work on the tables. Raises CommandFailed."""

    async def run() -> Result:
        async with open_tables(where) as tables:
            return await work(tables)

    logging.getLogger("azure.identity").setLevel(logging.ERROR)  # its warnings only repeat the exception
    try:
        return asyncio.run(run())
    except (InvalidRequest, OSError) as error:
        raise CommandFailed(Exit.REFUSED, str(error)) from error
    except Conflict as error:
        raise CommandFailed(
            Exit.CONFLICT, "The app is working on some of these records. Run this command again."
        ) from error
    except (AzureError, Unavailable) as error:
        raise CommandFailed(
            Exit.UNAVAILABLE,
            f"The tables cannot be accessed ({type(error.__cause__ or error).__name__}). Check the address, `az "
            "login`, your role Storage Table Data Contributor on the account, and its network rules.",
        ) from error
