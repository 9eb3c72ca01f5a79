"""`vmr`, or `python -m shared.cli`: combines all commands, each loaded when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any, NamedTuple

try:
    import typer
    from typer.core import TyperGroup
except ModuleNotFoundError as missing:  # run by a Python that lacks the requirements
    sys.exit(
        f"vmr: {missing.name} is not installed for {sys.executable}. Run `uv tool install .` in the project's root and "
        "then `vmr`, or use .venv/bin/python, which `make` sets up."
    )


class Commands(NamedTuple):
    """Where a command or a group of commands is defined (a Typer named `commands`), and its description in the list."""

    module: str
    help: str


COMMANDS = {
    "integrations": Commands(
        "shared.cli.integrations", "Integrations: list and show them, keep their settings in files."
    ),
    "meetings": Commands("shared.cli.meetings", "Scheduled meetings: find a meeting, and see its room and decisions."),
    "changes": Commands("shared.cli.history", "Changes made by admins: list, show and revert them."),
    "operations": Commands("shared.cli.operations", "The decisions on meeting messages, and the answers."),
    "personal": Commands("shared.cli.personal", "Personal VMRs in our own store."),
    "alarms": Commands("shared.cli.alarms", "List the problems that an admin has to fix, and how to fix them."),
    "doctor": Commands("shared.cli.doctor", "Examine integrations, and print the command that fixes each problem."),
    "preview": Commands("shared.cli.preview", "Preview a template."),
    "explain": Commands("shared.cli.explain", "Show what would be decided about a meeting message, and why."),
    "sign-in": Commands("shared.cli.sign_in", "Print a link for signing in an integration's service account."),
    "clients": Commands("shared.cli.clients", "OAuth2 clients for the management API: list, create, delete."),
    "data": Commands("shared.cli.data", "Export and import all tables; erase a person's data."),
    "hash-password": Commands("shared.cli.passwords", "Print the hash of a password for the deployment's settings."),
}


class Program(TyperGroup):
    """Loads each command only when it is called: loading all of them takes ten times as long as showing this list.

    Errors end with one helpful message and an exit code, never with a traceback. The parameters have no public types,
    because Typer has its own copy of click.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of all commands, in the order shown in the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command with the given name."""
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(COMMANDS[cmd_name].module).commands)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in COMMANDS.items()])

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        from shared.cli import show
        from shared.cli.outcome import CommandFailed, Exit
        from shared.errors import SettingsInvalid

        try:
            return super().invoke(ctx)
        except CommandFailed as failed:
            show.note(str(failed))
            raise typer.Exit(failed.exit_code) from failed
        except SettingsInvalid as refused:  # an error in an action, with no file involved
            for name, messages in refused.faults.items():
                show.note("\n".join(f"{name}: {message}" for message in messages))
            raise typer.Exit(Exit.REFUSED) from refused


app = typer.Typer(
    cls=Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Manage a deployment of VMR scheduling for Exchange. docs/cli.md has examples and the exit codes.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from shared import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def connect(
    context: typer.Context,
    url: Annotated[str, typer.Option(envvar="VMR_URL", help="The deployment's base URL.")] = "",
    username: Annotated[
        str,
        typer.Option(
            "--username",
            "-u",
            envvar="VMR_USERNAME",
            help="The user name for HTTP Basic. VMR_PASSWORD sets the password.",
        ),
    ] = "",
    api_scope: Annotated[
        str,
        typer.Option(envvar="VMR_API_SCOPE", help="The API scope for an az login: api://APPLICATION_ID/.default."),
    ] = "",
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options for every command that calls the deployment."""
    from shared.cli.connection import Connection

    context.obj = Connection(url=url, username=username, api_scope=api_scope)


def run() -> None:
    """The entry point of the installed program `vmr`."""
    app(prog_name="vmr")


if __name__ == "__main__":
    run()
