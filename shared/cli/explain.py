"""`explain`: the decision on a meeting message in a file, and why; nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from shared.bookings.booking import Booking, State
from shared.calendar.conference import Calendar, Conference, Occurrence
from shared.calendar.request import MeetingRequest, meeting_key
from shared.cli import show
from shared.cli.arguments import Form, group
from shared.cli.connection import Connection
from shared.cli.explanation import Explanation, explain, tags_of
from shared.cli.management import ManagementClient, Object
from shared.cli.meeting_files import read_meeting
from shared.cli.outcome import CommandFailed, Exit
from shared.cli.show import Output
from shared.integrations import Integration

commands = group()

_OFFLINE = Integration.model_construct(uuid="00000000-0000-4000-8000-000000000000", room_mailbox_email_address="")
"""An integration with default settings; it is neither saved nor checked."""


class Standing(StrEnum):
    """The assumed state of the message's tags, without a deployment."""

    UNKNOWN = "unknown"
    FREE = "free"
    OWN = "own"
    OTHER = "other"
    CLOSED = "closed"


@dataclass(frozen=True)
class _Situation:
    """The records and settings that the decision is based on."""

    integration: Integration
    tagged: tuple[Booking, ...]
    own: Booking | None


@commands.command()
def explain_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Graph's JSON, .ics or .eml.")],
    integration: Annotated[str, typer.Option(help="Name, UUID or id; not required if there is only one.")] = "",
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not call the deployment; use default settings.")
    ] = False,
    tag: Annotated[Standing, typer.Option(help="The assumed state of the tags, with --offline.")] = Standing.FREE,
    now: Annotated[
        datetime | None, typer.Option(help="The time of the decision, in UTC; the current time by default.")
    ] = None,
    output: Form = Output.TEXT,
) -> None:
    """Show what would be decided about a meeting message, why, and what the organizer would receive.

    Nothing is changed, and only the tags and a digest of the meeting's id are sent to the deployment.
    """
    request, moment = read_meeting(file), now.replace(tzinfo=UTC) if now else datetime.now(UTC)
    if request is None:
        return typer.echo("Neither a meeting request nor a cancellation: the message is ignored and never answered.")
    if offline:
        situation = _imagined(request, tag, moment)
    else:
        with context.ensure_object(Connection).open() as management:
            situation = _known(management, _integration(management, integration), request)
    found = explain(situation.integration, request, situation.tagged, situation.own, moment)
    if output is Output.JSON:
        return show.as_json(asdict(found))
    return show.show(*_lines(found))


def _lines(found: Explanation) -> list[Text]:
    tags = [f"PXPS:-{tag}#: {standing}" for tag, standing in found.tags.items()] or ["none"]
    rows = [
        ("message", [found.message]),
        ("tags", tags),
        ("promises", found.promises),
        ("decision", [found.decision]),
        ("rule", [found.rule]),
        ("cause", [found.cause] if found.cause else []),
        ("template", [found.template] if found.template else []),
        ("conference", [f"{name}: {text}" for name, text in found.conference.items()]),
        ("answer", found.answer.splitlines()),
        ("note", found.notes),
    ]
    return [
        Text.assemble((f"{name if first else '':<11}", "bold"), show.plain(line))
        for name, lines in rows
        for first, line in zip([True, *[False] * len(lines)], lines, strict=False)
    ]


def _integration(management: ManagementClient, reference: str) -> Object:
    if reference:
        return management.integration(reference)
    found = management.integrations()
    if len(found) == 1:
        return found[0]
    raise CommandFailed(Exit.USAGE, f"There are {len(found)} integrations. Choose one with --integration.")


def _known(management: ManagementClient, fields: Object, request: MeetingRequest) -> _Situation:
    """What the deployment knows about the message's tags and its meeting."""
    # The settings as stored in the deployment, even if they could not be saved today.
    settings = {name: fields[name] for name in Integration.model_fields if name in fields and name != "domains"}
    integration = Integration.model_construct(**settings)
    ours = [
        alias
        for tag in tags_of(request)
        for alias in management.aliases(uuid=tag)
        if alias["exchange_connector"] == fields["resource_uri"]
    ]
    uid = request.item.uid if request.item else request.uid
    mine = management.aliases(ews_item_uid=meeting_key(uid)) if uid else []
    own = [
        _booking(management, integration, alias)
        for alias in mine
        if alias["exchange_connector"] == fields["resource_uri"] and not alias["conference_deletion_time"]
    ]
    tagged = tuple(_booking(management, integration, alias) for alias in ours)
    return _Situation(integration, tagged, own[0] if own else None)


def _booking(management: ManagementClient, integration: Integration, alias: Object) -> Booking:
    """The part of the booking that the API shows."""
    created = datetime.fromisoformat(alias["creation_time"]).replace(tzinfo=UTC)
    state = State.RESERVED
    if alias["is_used"]:
        state = State.CLOSED if alias["conference_deletion_time"] else State.SCHEDULED
    booking = Booking(
        integration=integration.uuid,
        tag=alias["uuid"],
        alias=alias["alias"],
        owner="",
        created=created,
        expires=created + timedelta(days=integration.reservation_days),
        state=state,
        meeting=alias["ews_item_uid"] or "",
    )
    shown = management.scheduled(scheduled_alias=str(alias["id"])) if state is State.SCHEDULED else []
    return booking.scheduled(booking.meeting, "", _conference(shown)) if shown else booking


def _conference(shown: Sequence[Object]) -> Conference:
    """All occurrences that the API shows for a meeting."""
    times = [[datetime.fromisoformat(each[name]).replace(tzinfo=UTC) for name in _TIMES] for each in shown]
    occurrences = tuple(sorted(Occurrence(start, end) for start, end in times))
    until = occurrences[-1].end + timedelta(days=90) if shown[0]["recurring_conference"] else None
    calendar = Calendar(occurrences, known_until=until)
    return Conference("", "", shown[0]["subject"], "", "", "", "", "", "", 0, 0, calendar)


_TIMES = ("start_time", "end_time")


def _imagined(request: MeetingRequest, standing: Standing, now: datetime) -> _Situation:
    """Bookings in the state given by the option."""
    if standing is Standing.UNKNOWN:
        return _Situation(_OFFLINE, (), None)
    key = meeting_key(request.item.uid if request.item else request.uid)
    meeting = {Standing.FREE: "", Standing.OWN: key}.get(standing, "another meeting")
    state = {Standing.FREE: State.RESERVED, Standing.CLOSED: State.CLOSED}.get(standing, State.SCHEDULED)
    expires = now + timedelta(days=1)
    occurrences = (request.item.occurrence,) if request.item else ()
    conference = Conference("", "", "", "", "", "", "", "", "", 0, 0, Calendar(occurrences))
    tagged = tuple(
        Booking(_OFFLINE.uuid, tag, "meet000000@example.com", "", now, expires, state, meeting, "", conference)
        for tag in tags_of(request)
    )
    return _Situation(_OFFLINE, tagged, tagged[0] if tagged and standing is Standing.OWN else None)
