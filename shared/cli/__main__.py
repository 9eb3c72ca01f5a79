"""`python -m shared.cli`: all commands put together."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from shared.cli import doctor, explain, operations, passwords, show, sign_in
from shared.cli.connection import Connection
from shared.cli.data import commands as data
from shared.cli.integrations import commands as integrations
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.personal import commands as personal
from shared.errors import SettingsInvalid


class Commands(TyperGroup):
    """Commands that end with one helpful message and an exit code instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CommandFailed as failed:
            show.note(str(failed))
            raise typer.Exit(failed.exit_code) from failed
        except SettingsInvalid as refused:  # of an action, where no file is at hand
            show.note(str(refused))
            raise typer.Exit(Exit.REFUSED) from refused


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Manage a deployment of VMR scheduling for Exchange. docs/cli.md has examples and the exit codes.",
)
app.add_typer(integrations, name="integrations")
app.add_typer(personal, name="personal")
app.add_typer(data, name="data")
app.command("preview")(operations.preview)
app.command("alarms")(operations.alarms)
app.command("operation")(operations.operation)
app.command("doctor")(doctor.doctor)
app.command("sign-in")(sign_in.sign_in_)
app.command("explain")(explain.explain_)
app.command("hash-password")(passwords.hash_password_)


@app.callback()
def connect(
    context: typer.Context,
    url: Annotated[str, typer.Option(envvar="VMR_URL", help="The deployment's base URL.")] = "",
    username: Annotated[
        str, typer.Option("--username", "-u", envvar="VMR_USERNAME", help="For HTTP Basic; password in VMR_PASSWORD.")
    ] = "",
    api_scope: Annotated[
        str, typer.Option(envvar="VMR_API_SCOPE", help="To use the login of az, such as api://APPLICATION_ID/.default.")
    ] = "",
) -> None:
    """Options of every command that talks to the deployment."""
    context.obj = Connection(url=url, username=username, api_scope=api_scope)


if __name__ == "__main__":
    app(prog_name="python -m shared.cli")
