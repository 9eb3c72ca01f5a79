"""`personal`: the VMRs in our own store, of which there may be thousands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from shared.cli import show
from shared.cli.arguments import Form, group
from shared.cli.connection import Connection
from shared.cli.faults import Fault, FileRefused
from shared.cli.management import ManagementClient, Object
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.show import Output
from shared.cli.vmr_files import FileVmr, read
from shared.clock import SystemClock
from shared.errors import SettingsInvalid
from shared.management.conference_objects import VmrForm, reference_in
from shared.management.relations import Relations
from shared.personal.fields import normal

commands = group("The personal VMRs in our own store.")

IMPORT_BATCH_SIZE = 100
"""VMRs per request."""

_PINS = ("pin", "guest_pin")


@dataclass(frozen=True)
class Wanted:
    """A VMR to send: its entry in the file, and its API object."""

    source: FileVmr
    fields: Object


@commands.command("list")
def list_(
    context: typer.Context,
    owner: Annotated[str, typer.Option("--owner", help="Only the VMRs of the person with this e-mail address.")] = "",
    output: Form = Output.TEXT,
) -> None:
    """List personal VMRs with their aliases, without their PINs."""
    with context.ensure_object(Connection).open() as management:
        found = management.vmrs(**({"primary_owner_email_address__iexact": owner} if owner else {}))
    if output is Output.JSON:
        return show.as_json([{name: value for name, value in each.items() if name not in _PINS} for each in found])
    if not found:
        return typer.echo("No personal VMRs.")
    columns = ("id", "name", "owner", "aliases")
    rows = [
        (each["id"], each["name"], each["primary_owner_email_address"], " ".join(a["alias"] for a in each["aliases"]))
        for each in found
    ]
    return show.show(show.table(columns, rows))


@commands.command()
def delete(
    context: typer.Context,
    vmrs: Annotated[list[str], typer.Argument(metavar="VMR...", help="Names, or ids.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete personal VMRs. Their numbers become available again, and invitations with these numbers stop working."""
    with context.ensure_object(Connection).open() as management:
        present = management.vmrs()
        meant = [_meant(name, present) for name in vmrs]
        names = ", ".join(str(each["name"]) for each in meant)
        if not yes and not typer.confirm(show.plain(f"Delete {names}?"), err=True):
            raise CommandFailed(Exit.REFUSED, "Nothing was deleted.")
        for each in meant:
            management.delete_vmr(int(each["id"]))
            typer.echo(show.plain(f"{each['name']}: deleted"))


def _meant(name: str, present: Sequence[Object]) -> Object:
    """The only VMR with this name or id. Raises CommandFailed."""
    found = [each for each in present if name == str(each["id"])] or [
        each for each in present if normal(str(each["name"])) == normal(name)
    ]
    if not found:
        raise CommandFailed(
            Exit.MISSING, f"There is no personal VMR {name!r}: `personal list` shows the existing ones."
        )
    if len(found) > 1:
        ids = ", ".join(str(each["id"]) for each in found)
        raise CommandFailed(Exit.CONFLICT, f"{len(found)} VMRs are named {name!r}: use one of the ids {ids}.")
    return found[0]


@commands.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .json file; see docs/personal-vmrs.md.")],
    integration: Annotated[
        str, typer.Option("--integration", help="The VMRs' integration (name, UUID or id); all by default.")
    ] = "",
) -> None:
    """Create or change personal VMRs to match a file. VMRs are identified by name.

    VMRs that are not in the file stay unchanged. To complete an interrupted import, run it again.
    """
    found = read(file)
    _check(found)
    with context.ensure_object(Connection).open() as management:
        owner = management.integration(integration)["resource_uri"] if integration else None
        wanted = _plan(found, management.vmrs(), owner)
        faults = _send(management, wanted)
    created = sum("resource_uri" not in each.fields for each in wanted)
    typer.echo(f"{created} new, {len(wanted) - created} changed, {len(found) - len(wanted)} unchanged.")
    if faults:
        wrong = len({fault.line for fault in faults})
        show.note(f"Not all of these were saved: {wrong} {'has' if wrong == 1 else 'have'} errors.")
        raise FileRefused(faults)


def _check(found: Sequence[FileVmr]) -> None:
    """Raise FileRefused with everything that is wrong, before anything is sent."""
    form, nobody, faults = VmrForm(SystemClock()), Relations([]), list[Fault]()
    names: dict[str, int] = {}
    for vmr in found:
        if vmr.faults:
            faults += vmr.faults
            continue
        try:
            name = normal(form.understand(vmr.fields, None, 0, nobody).name)
        except SettingsInvalid as refused:
            faults += _placed(vmr, refused.faults)
            continue
        if name in names:
            faults.append(vmr.fault("name", f"is already used in line {names[name]}."))
        names.setdefault(name, vmr.line)
    if faults:
        raise FileRefused(faults)


def _placed(vmr: FileVmr, faults: dict[str, list[str]]) -> list[Fault]:
    return [vmr.fault(field, message) for field, messages in faults.items() for message in messages]


def _plan(found: Sequence[FileVmr], present: Sequence[Object], owner: str | None) -> list[Wanted]:
    """The differences between the file and the deployment. A VMR is identified by its name within its integration."""
    known = {normal(each["name"]): each for each in present if each["exchange_connector"] == owner}
    wanted = []
    for vmr in found:
        now = known.get(normal(str(vmr.fields["name"])))
        if now is None:
            wanted.append(Wanted(vmr, {**vmr.fields, "exchange_connector": owner}))
        elif any(_comparable(name, value) != _comparable(name, now[name]) for name, value in vmr.fields.items()):
            wanted.append(Wanted(vmr, {**vmr.fields, "resource_uri": now["resource_uri"]}))
    return wanted


def _comparable(name: str, value: Any) -> Any:
    if name == "aliases" and isinstance(value, list):
        entries = [entry if isinstance(entry, dict) else {"alias": entry} for entry in value]
        return [(entry["alias"], entry.get("description") or "") for entry in entries]
    return "" if value is None else reference_in(value)


def _send(management: ManagementClient, wanted: Sequence[Wanted]) -> list[Fault]:
    """Send all VMRs, in chunks. Returns the problems found by the deployment, such as a name or alias that another VMR
    already has.
    """
    faults: list[Fault] = []
    columns = TextColumn("Personal VMRs"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), disable=not wanted) as progress:
        task = progress.add_task("", total=len(wanted))
        for part in _parts(wanted):
            try:
                management.patch_vmrs([each.fields for each in part])
            except SettingsInvalid as refused:
                faults += _of_part(part, refused.faults)
            progress.advance(task, len(part))
    return faults


def _parts(wanted: Sequence[Wanted]) -> Iterator[Sequence[Wanted]]:
    return (wanted[start : start + IMPORT_BATCH_SIZE] for start in range(0, len(wanted), IMPORT_BATCH_SIZE))


def _of_part(part: Sequence[Wanted], faults: dict[str, list[str]]) -> Iterator[Fault]:
    """Problems reported under `objects.<place>.<field>`, with their line numbers in the file."""
    for path, messages in faults.items():
        _, place, field = path.split(".", 2)
        yield from _placed(part[int(place)].source, {field: messages})
