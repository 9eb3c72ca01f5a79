"""`integrations`: settings as code."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from shared.cli import show
from shared.cli.arguments import Form, Reference, group
from shared.cli.changes import Change, plan
from shared.cli.checking import every, validated
from shared.cli.connection import Connection
from shared.cli.environment import bare_secrets, resolved, without_secrets
from shared.cli.management import Object
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.questions import ask_settings
from shared.cli.reading import Entry, read
from shared.cli.show import Output
from shared.cli.writing import as_first_file, as_yaml

commands = group("Integrations: list and show them, keep their settings in files.")

Files: TypeAlias = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="YAML or JSON files; - for standard input.")
]


@commands.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, which must not already exist.")],
    local: Annotated[bool, typer.Option("--local", help="Allow loopback hosts, for a local stack.")] = False,
) -> None:
    """Prompt for an integration's required settings, and write an initial file for `apply`.

    Each answer is checked immediately. Secrets are read from environment variables later. docs/settings.md lists all
    other settings.
    """
    if file.exists():
        raise CommandFailed(Exit.CONFLICT, f"{file} already exists. Choose another name, or edit that file.")
    text = as_first_file(ask_settings(local=local))
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(Exit.REFUSED, f"{file} cannot be written: {error.strerror}.") from error
    show.note(f"Next: vmr integrations diff {file}, then vmr integrations apply {file}")


@commands.command("list")
def list_(context: typer.Context, output: Form = Output.TEXT) -> None:
    """List all integrations."""
    with context.ensure_object(Connection).open() as management:
        found = management.integrations()
    if output is Output.JSON:
        return show.as_json(found)
    columns = ("id", "name", "mailbox", "method", "rooms", "manifest", "uuid")
    show.show(show.table(columns, [_row(fields) for fields in found]))
    return None


@commands.command("show")
def show_(context: typer.Context, integration: Reference, output: Form = Output.TEXT) -> None:
    """Show all settings of an integration, except secrets."""
    with context.ensure_object(Connection).open() as management:
        fields = management.integration(integration)
    show.as_json(fields) if output is Output.JSON else show.show(*show.integration(fields))


@commands.command("validate")
def validate_(
    context: typer.Context,
    files: Files,
    *,
    local: Annotated[bool, typer.Option("--local", help="Allow loopback hosts, for a local stack.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="The integrations already exist, so the files may leave out settings.")
    ] = False,
    against: Annotated[
        bool, typer.Option("--against", help="Check against the deployment, as `apply` would. Nothing is changed.")
    ] = False,
) -> None:
    """Check files, without calling the deployment unless requested.

    Each integration is checked as if it were new and complete. The environment variables for secrets do not have to be
    set. If anything is wrong, every problem is printed with its line number, and the exit code is 3.
    """
    entries, connection = _read(files), context.ensure_object(Connection)
    if against:
        with connection.open() as management:
            plan(every(entries, _without_secrets), management, local=connection.is_local)
    else:
        validated(entries, os.environ, local=local, partial=partial)
    typer.echo(f"{_count(entries, 'integration')}, no problems found.")


@commands.command()
def diff(context: typer.Context, files: Files, output: Form = Output.TEXT) -> None:
    """Show what `apply` would change.

    Exit code 0: nothing would change; 1: something would change; 3: the change would be rejected.
    """
    entries, connection = _ready(files), context.ensure_object(Connection)
    with connection.open() as management:
        changes = plan(entries, management, local=connection.is_local)
    if output is Output.JSON:
        show.as_json([show.change_json(change) for change in changes])
    else:
        show.show(*(part for change in changes for part in show.change(change)))
    if any(change.action != "none" for change in changes):
        raise typer.Exit(Exit.CHANGES)


@commands.command()
def apply(context: typer.Context, files: Files) -> None:
    """Create or change integrations to match the files.

    An integration is found by its uuid, or by its name if the file has no uuid. Settings that are not in the file stay
    unchanged. Everything is checked before anything is changed, and nobody else's changes are overwritten.
    """
    entries, connection = _ready(files), context.ensure_object(Connection)
    with connection.open() as management:
        changes = plan(entries, management, local=connection.is_local)
        for number, change in enumerate(changes):
            try:
                saved = change.apply(management)
            except CommandFailed as failed:
                raise _stopped(failed, changes[number:]) from failed
            _tell(change, saved)


@commands.command()
def export(
    context: typer.Context,
    integration: Annotated[str | None, typer.Argument(metavar="[INTEGRATION]", help="Name, UUID or id.")] = None,
) -> None:
    """Print one integration, or all of them, as YAML. Applying the output would change nothing."""
    with context.ensure_object(Connection).open() as management:
        found = management.integrations() if integration is None else [management.integration(integration)]
    typer.echo(as_yaml(found), nl=False)


@commands.command()
def installed(context: typer.Context, integration: Reference) -> None:
    """Record that the add-in's current manifest is installed. No reminder appears until it changes."""
    with context.ensure_object(Connection).open() as management:
        fields = management.integration(integration)
        management.manifest_installed(fields["id"], fields["manifest_revision"])
    typer.echo(show.plain(f"{fields['name']}: revision {fields['manifest_revision']} of the manifest is installed."))


def _read(files: Sequence[Path]) -> list[Entry]:
    entries = [entry for found in every(files, read) for entry in found]
    for entry in entries:
        for name in bare_secrets(entry):
            show.note(
                f"{entry.fault(name, 'is in plain text in this file. Use !env and the name of a variable instead.')}"
            )
    return entries


def _without_secrets(entry: Entry) -> Entry:
    return resolved(without_secrets(entry), os.environ)


def _ready(files: Sequence[Path]) -> list[Entry]:
    return every(_read(files), lambda entry: resolved(entry, os.environ))


def _row(fields: Object) -> tuple[object, ...]:
    kinds = {"single-use": fields["enable_dynamic_vmrs"], "personal": fields["enable_personal_vmrs"]}
    reinstall = f" ({_installation(fields)})" if fields["manifest_reinstall_needed"] else ""
    return (
        fields["id"],
        fields["name"],
        fields["room_mailbox_email_address"] or "",
        fields["authentication_method"],
        ", ".join(kind for kind, enabled in kinds.items() if enabled),
        f"{fields['manifest_revision']}{reinstall}",
        fields["uuid"],
    )


def _installation(fields: Object) -> str:
    """Tell the admin to install the manifest if it has not been installed since its last change."""
    return "install again" if fields["manifest_installed_revision"] else "install"


def _tell(change: Change, saved: Object | None) -> None:
    """Print what was done to one integration."""
    if saved is None:
        return typer.echo(show.plain(f"{change.name} ({change.uuid}): nothing to change"))
    done = "created" if change.before is None else "changed: " + ", ".join(sorted({*change.values, *change.secrets}))
    typer.echo(show.plain(f"{saved['name']} ({saved['uuid']}): {done}"))
    if change.before is None or change.reinstalls_manifest:
        show.note(
            f"Then {_installation(saved)} the add-in's manifest (/addin/{saved['uuid']}/manifest.xml on the "
            f"deployment), and confirm it: vmr integrations installed {saved['uuid']}"
        )
    if change.ends_sign_in:
        show.note(f"The service account must sign in again: vmr sign-in {saved['uuid']}")
    return None


def _stopped(failed: CommandFailed, left: Sequence[Change]) -> CommandFailed:
    """Report a failure, and what was not done because of it."""
    names = ", ".join(change.name for change in left)
    return CommandFailed(failed.exit_code, f"{failed}\nNot applied: {names}.")


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"
