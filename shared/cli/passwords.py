"""`hash-password`."""

import typer

from shared.cli.arguments import group
from shared.cli.connection import ask_password
from shared.identity.passwords import hash_password

commands = group()


@commands.command()
def hash_password_(context: typer.Context) -> None:
    """Print the hash of a password, for POLICY_PASSWORD_HASH or MANAGEMENT_PASSWORD_HASH.

    You are prompted for the password twice, without echo. If standard input is a pipe, its first line is used instead.
    """
    typer.echo(hash_password(ask_password("Password", twice=True)))
