"""`clients`: OAuth2 clients for the management API, such as scripts and tools that sign in with their own key."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from shared.cli import show
from shared.cli.arguments import Form, group
from shared.cli.connection import Connection
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.show import Output

commands = group("OAuth2 clients for the management API: list, create, delete.")


class ClientRole(StrEnum):
    """What a client may do."""

    ADMIN = "Scheduling.Admin"
    READ = "Scheduling.Read"


@commands.command("list")
def list_(context: typer.Context, output: Form = Output.TEXT) -> None:
    """List all clients."""
    with context.ensure_object(Connection).open() as management:
        found, roles = management.api_clients(), {role["resource_uri"]: role["name"] for role in management.roles()}
    if output is Output.JSON:
        return show.as_json(found)
    rows = [[each["id"], each["client_name"], roles[each["role"]], each["client_id"]] for each in found]
    return show.show(show.table(("id", "name", "role", "client id"), rows))


@commands.command("create")
def create_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The client's name, recorded with its changes.")],
    key: Annotated[Path, typer.Option("--key", help="A new file for the private key, which is returned only once.")],
    role: Annotated[ClientRole, typer.Option("--role", help="What the client may do.")] = ClientRole.READ,
) -> None:
    """Create a client, and write its private key to a file that only you can read."""
    with context.ensure_object(Connection).open() as management:
        [uri] = [each["resource_uri"] for each in management.roles() if each["name"] == role.value]
        try:
            file = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise CommandFailed(Exit.USAGE, f"{key} cannot be created: {error.strerror}.") from error
        with os.fdopen(file, "w") as written:
            try:
                created = management.create_api_client(name, uri)
            except BaseException:
                key.unlink()
                raise
            written.write(created["private_key_jwt"])
        show.note(f"Client {created['id']}, {role.value}. Its key is in {key}; it signs in at {management.token_url}.")
    typer.echo(created["client_id"])


@commands.command("delete")
def delete_(context: typer.Context, id_: Annotated[int, typer.Argument(metavar="ID", min=1)]) -> None:
    """Delete a client. Its tokens become invalid."""
    with context.ensure_object(Connection).open() as management:
        management.delete_api_client(id_)
