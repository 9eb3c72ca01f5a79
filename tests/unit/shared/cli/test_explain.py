"""`explain`: shows what would be decided about a meeting in a file, without carrying it out."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from shared.aliases.promises import Promises
from shared.bookings.booking import Booking, State
from shared.calendar.conference import Calendar, Occurrence
from shared.calendar.request import meeting_key
from shared.cli.__main__ import app
from shared.cli.outcome import Exit
from shared.identity.caller import Caller
from shared.storage import Insert
from tests.fakes.clock import FakeClock
from tests.fakes.management import FakeDeployment
from tests.support.integrations import graph_fields
from tests.support.meetings import conference
from tests.unit.shared.cli.command_line import Cli

TAG = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
UID = "040000008200E00074C5B7101A82E008"
BODY = f"<p>Join</p>PXPS:-{TAG}#"
START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
NOW = ("--now", "2026-11-23T09:00:00")
VALUES = (
    "",
    "00010101T000000",
    "99991231T235959",
    "20261201",
    "20261201T100000Z/PT1H",
    "FREQ=DAILY;UNTIL=00010101T000000Z",
    "FREQ=",
    "P9999999999D",
    "VEVENT",
    "-1",
)


def ics(method: str = "REQUEST", description: str = BODY, extra: str = "") -> str:
    return "\r\n".join(
        line
        for line in f"""\
BEGIN:VCALENDAR
METHOD:{method}
PRODID:-//test//EN
VERSION:2.0
BEGIN:VEVENT
UID:{UID}
SUMMARY:Planning
DTSTART;TZID=Europe/Berlin:20261201T100000
DTEND;TZID=Europe/Berlin:20261201T110000
ORGANIZER;CN=Alice:mailto:alice@example.com
ATTENDEE:mailto:vmr@example.com
ATTENDEE:mailto:bob@example.com
DESCRIPTION:{description}
{extra}
END:VEVENT
END:VCALENDAR""".splitlines()
        if line
    )


def eml(calendar: str, html: str) -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["Date"] = "Planning", "Mon, 23 Nov 2026 09:00:00 +0100"
    mail.set_content("see the HTML")
    mail.add_alternative(html, subtype="html")
    mail.add_alternative(calendar.encode(), maintype="text", subtype="calendar", params={"method": "REQUEST"})
    return mail.as_bytes()


def graph_message(**changes: Any) -> dict[str, Any]:
    event = {
        "id": "event",
        "uid": UID,
        "subject": "Planning",
        "start": {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-12-01T10:00:00.0000000", "timeZone": "UTC"},
        "originalStartTimeZone": "W. Europe Standard Time",
        "organizer": {"emailAddress": {"name": "Alice", "address": "alice@example.com"}},
    }
    return {
        "id": "message",
        "meetingMessageType": "meetingRequest",
        "meetingRequestType": "newMeetingRequest",
        "body": {"contentType": "html", "content": BODY},
        "event": event,
        **changes,
    }


@pytest.fixture
def explained(cli: Cli, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Write a file and explain it, offline by default."""

    def run(name: str, content: object, *options: str) -> dict[str, Any]:
        file = tmp_path / name
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(content if isinstance(content, str) else json.dumps(content))
        result = cli("explain", str(file), *NOW, "-o", "json", *(options or ("--offline",)))
        assert result.exit_code == Exit.DONE, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    return run


Explained = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ics", ics()),
        ("a.eml", eml(ics(description="nothing here"), f"<html><body>{BODY}</body></html>")),
        ("a.json", graph_message()),
        ("event.json", {**graph_message()["event"], "body": {"content": BODY}}),
    ],
)
def test_the_explanation_is_the_same_for_every_file_format(explained: Explained, name: str, content: object) -> None:
    found = explained(name, content)
    assert "single meeting, 2026-12-01 09:00 to 2026-12-01 10:00 UTC (Europe/Berlin)" in found["message"]
    assert list(found["tags"]) == [TAG]
    assert (found["decision"], found["template"]) == ("accept", "accept_new_single_meeting_template")
    assert "meet000000@example.com" in found["answer"]
    assert found["conference"]["name"] == "Planning (Alice)"


VTIMEZONE = """\
BEGIN:VTIMEZONE
TZID:Custom{standard}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:{daylight}
TZOFFSETTO:{standard}
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:{standard}
TZOFFSETTO:{daylight}
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
""".replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("standard", "daylight", "times"),
    [
        ("+0100", "+0200", "2026-12-01 09:00 to 2026-12-01 10:00 UTC (Europe/"),
        ("+0117", "+0217", "2026-12-01 08:43 to 2026-12-01 09:43 UTC (unknown zone)"),
    ],
)
def test_a_custom_time_zone_is_recognized_by_its_rules(
    explained: Explained, standard: str, daylight: str, times: str
) -> None:
    rules = VTIMEZONE.format(standard=standard, daylight=daylight)
    calendar = ics().replace("BEGIN:VEVENT", rules + "BEGIN:VEVENT").replace("Europe/Berlin", f"Custom{standard}")
    assert times in explained("a.ics", calendar)["message"]


@pytest.mark.parametrize(
    ("standing", "decision", "template"),
    [
        ("free", "accept", "accept_new_single_meeting_template"),
        ("own", "refresh", ""),
        ("other", "reject", "reject_alias_conflict_template"),
        ("closed", "reject", "reject_alias_deleted_template"),
        ("unknown", "reject", "reject_invalid_alias_id_template"),
    ],
)
def test_the_tag_option_sets_the_state_of_tags(
    explained: Explained, standing: str, decision: str, template: str
) -> None:
    found = explained("a.ics", ics(), "--offline", "--tag", standing)
    assert (found["decision"], found["template"]) == (decision, template)
    assert found["rule"]


@pytest.mark.parametrize(
    ("extra", "template"),
    [
        ("RRULE:FREQ=WEEKLY", "accept_new_recurring_series_template"),
        ("RRULE:FREQ=DAILY;UNTIL=20261110T090000Z", "accept_new_recurring_series_template"),
        ("RECURRENCE-ID:20261208T090000Z", "accept_new_recurring_series_template"),
    ],
)
def test_the_explanation_of_a_series_lists_information_that_only_exchange_has(
    explained: Explained, extra: str, template: str
) -> None:
    found = explained("a.ics", ics(extra=extra))
    assert found["template"] == template
    assert any("Only Exchange knows" in note for note in found["notes"])


def test_the_note_lists_the_people_for_whose_meetings_an_unused_tag_is_valid(explained: Explained) -> None:
    note = "An unused tag is valid only for meetings of the people it was created for"
    free, own = (explained("a.ics", ics(), "--offline", "--tag", standing) for standing in ("free", "own"))
    assert any(note in each for each in free["notes"])
    assert not any(note in each for each in own["notes"])


def test_a_series_that_is_over_is_rejected(explained: Explained) -> None:
    over = ics(extra="RRULE:FREQ=DAILY;UNTIL=20261203T090000Z")
    assert explained("a.ics", over, "--offline", "--now", "2027-01-01")["template"] == (
        "reject_recurring_series_past_template"
    )


def test_an_all_day_meeting_is_explained(explained: Explained) -> None:
    whole = ics().replace("DTSTART;TZID=Europe/Berlin:20261201T100000", "DTSTART;VALUE=DATE:20261201")
    whole = whole.replace("DTEND;TZID=Europe/Berlin:20261201T110000\r\n", "")
    assert "2026-12-01 00:00 to 2026-12-02 00:00 UTC" in explained("a.ics", whole)["message"]


@pytest.mark.parametrize(
    "alternative",
    [
        r'<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2//EN">\n<HTML>\n<HEAD></HEAD>\n<BODY></BODY>\n</HTML>',
        "<html><body><p>Agenda</p></body></html>",
        "PXPS:-99999999-9999-4999-8999-999999999999#",
    ],
    ids=["empty", "stale", "of another meeting"],
)
def test_a_nonempty_description_is_searched_for_tags_and_its_html_alternative_is_not(
    explained: Explained, alternative: str
) -> None:
    found = explained("a.ics", ics(extra=f"X-ALT-DESC;FMTTYPE=text/html:{alternative}"))
    assert list(found["tags"]) == [TAG]


@pytest.mark.parametrize("description", ["", r" \n "])
def test_the_html_alternative_is_searched_for_tags_when_the_description_is_empty(
    explained: Explained, description: str
) -> None:
    found = explained("a.ics", ics(description=description, extra=f"X-ALT-DESC;FMTTYPE=text/html:{BODY}"))
    assert list(found["tags"]) == [TAG]


@pytest.mark.parametrize("charset", ["cp-850", "uft-8", "iso-8859-8-i", "x-unknown", "", "idna", "rot13", "base64"])
def test_ascii_text_in_an_unknown_charset_can_still_be_read(explained: Explained, charset: str) -> None:
    """Some mail programs misspell charset names. ASCII text, and therefore any tag, can still be read."""
    mail = eml(ics(description="nothing here"), f"<p>Über {BODY}</p>").replace(
        b'text/html; charset="utf-8"', f'text/html; charset="{charset}"'.encode()
    )
    found = explained("a.eml", mail)
    assert list(found["tags"]) == [TAG]


def test_the_calendar_part_may_use_a_different_charset(explained: Explained) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Planning"
    mail.set_content(BODY, subtype="html")
    latin = ics().replace("Planning", "Prüfung").encode("iso-8859-1")
    mail.add_alternative(latin, maintype="text", subtype="calendar", params={"method": "REQUEST", "charset": "latin1"})
    assert explained("a.eml", mail.as_bytes())["conference"]["name"] == "Prüfung (Alice)"


def test_an_empty_mail_body_falls_back_to_the_calendars_description(explained: Explained) -> None:
    assert list(explained("a.eml", eml(ics(), "<html><body> &nbsp; </body></html>"))["tags"]) == [TAG]


def _attached(kind: str) -> bytes:
    """An ordinary e-mail that contains an invitation."""
    mail = EmailMessage()
    mail["Subject"] = "Have a look at this"
    mail.set_content("see the attachment")
    if kind == "file":
        mail.add_attachment(ics().encode(), maintype="text", subtype="calendar", filename="invite.ics",
                            params={"method": "REQUEST"})  # fmt: skip
    elif kind == "mail":
        mail.add_attachment(message_from_bytes(eml(ics(), BODY), policy=policy.default))
    else:
        mail.add_attachment(ics(), subtype="calendar", disposition="inline", filename="invite.ics")
    return mail.as_bytes()


@pytest.mark.parametrize("kind", ["file", "mail", "inline"])
def test_an_invitation_attached_to_an_e_mail_is_not_a_request(cli: Cli, tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.eml").write_bytes(_attached(kind))
    result = cli("explain", "a.eml", "--offline", *NOW)
    assert result.exit_code == Exit.DONE
    assert "ignored" in result.stdout


def test_a_calendar_part_alone_or_next_to_attachments_is_a_request(explained: Explained, tmp_path: Path) -> None:
    alone = b"Subject: Planning\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" + ics().encode()
    assert explained("a.eml", alone)["decision"] == "accept"
    mail = message_from_bytes(eml(ics(), f"<p>{BODY}</p>"), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="agenda.pdf")
    assert explained("a.eml", mail.as_bytes())["decision"] == "accept"


def test_a_cancellation_is_explained(explained: Explained) -> None:
    cancelled = ics("CANCEL", extra="STATUS:CANCELLED")
    assert explained("a.ics", cancelled, "--offline", "--tag", "own")["decision"] == "close"
    assert explained("a.ics", cancelled)["decision"] == "ignore"


def test_a_failing_template_is_a_general_error_with_its_cause(deployment: FakeDeployment, explained: Explained) -> None:
    deployment.add(graph_fields(conference_name_template="{{ subject | pex_require_min_length(99) }}"))
    booking = Booking(
        deployment.do(deployment.integrations.list())[0].uuid, TAG, "meet000001@example.com", "owner", START,
        START + timedelta(days=1),
    )  # fmt: skip
    deployment.do(
        deployment.storage.table("meetings").commit(booking.integration, Insert(booking.key, booking.values()))
    )
    found = explained("a.ics", ics(), "--integration", "Example Corp")
    assert (found["decision"], found["template"]) == ("reject", "reject_general_error_template")
    assert found["cause"].startswith("RequirementNotMet: conference_name_template: line 1: pex_require_min_length")
    assert "Planning" not in found["cause"]


def test_a_promise_is_assumed_to_be_valid(explained: Explained) -> None:
    promise = Promises(b"k" * 32, FakeClock()).make("11111111-1111-4111-8111-111111111111", Caller("a", "b"))
    found = explained("a.json", graph_message(body={"content": promise}))
    assert found["decision"] == "provide"
    assert found["promises"] == [promise]
    assert found["notes"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.ics", ics("REPLY")),
        ("a.eml", b"Subject: Lunch\r\n\r\nToday?"),
        ("a.json", json.dumps(graph_message(meetingMessageType="none")).encode()),
    ],
)
def test_other_mail_is_explained_as_ignored(cli: Cli, tmp_path: Path, name: str, content: str | bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = cli("explain", str(file), "--offline")
    assert (result.exit_code, "ignored" in result.stdout) == (Exit.DONE, True)


@pytest.mark.parametrize(
    ("name", "content", "exit_code"),
    [
        ("missing.ics", None, Exit.REFUSED),
        ("a.txt", b"", Exit.USAGE),
        ("a.json", b"{", Exit.REFUSED),
        ("a.json", b"[]", Exit.REFUSED),
        ("a.json", b'{"meetingMessageType": "meetingRequest", "id": 7}', Exit.REFUSED),
        ("a.json", b"\xff\xfe", Exit.REFUSED),
        ("a.ics", b"no calendar", Exit.REFUSED),
        ("a.ics", b"", Exit.REFUSED),
        ("a.ics", ics().replace("UID:", "X-UID:").encode(), Exit.REFUSED),
        ("a.ics", ics().replace("DTSTART;TZID=Europe/Berlin:20261201T100000", "DTSTART:soon").encode(), Exit.REFUSED),
        ("a.eml", eml("BEGIN:VCALENDAR", "x"), Exit.REFUSED),
    ],
)
def test_a_file_that_cannot_be_parsed_is_refused(
    cli: Cli, tmp_path: Path, name: str, content: bytes | None, exit_code: Exit
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    result = cli("explain", str(file), "--offline")
    assert (result.exit_code, name in result.stderr) == (exit_code, True), result.stderr


class TestWithADeployment:
    def _book(self, deployment: FakeDeployment, state: State, meeting: str = "", start: datetime = START) -> str:
        uuid = deployment.add(graph_fields(accept_edited_single_meeting_template="Moved: {{alias}}"))
        now = deployment.clock.now()
        calendar = Calendar((Occurrence(start, start + timedelta(hours=1)),))
        kept = conference(calendar) if meeting else None
        booking = Booking(
            uuid, TAG, "meet123456@example.com", "u", now, now + timedelta(days=30), state, meeting, "i", kept
        )
        deployment.do(deployment.storage.table("meetings").commit(uuid, Insert(booking.key, booking.values())))
        return uuid

    @pytest.mark.parametrize(
        ("state", "meeting", "start", "decision", "template"),
        [
            (State.RESERVED, "", START, "accept", "accept_new_single_meeting_template"),
            (State.SCHEDULED, meeting_key(UID), START, "refresh", ""),
            (
                State.SCHEDULED,
                meeting_key(UID),
                START + timedelta(days=1),
                "accept",
                "accept_edited_single_meeting_template",
            ),
            (State.SCHEDULED, "other", START, "reject", "reject_alias_conflict_template"),
            (State.CLOSED, "other", START, "reject", "reject_alias_deleted_template"),
        ],
    )
    def test_explain_uses_the_deployments_tag_states(
        self,
        deployment: FakeDeployment,
        explained: Explained,
        state: State,
        meeting: str,
        start: datetime,
        decision: str,
        template: str,
    ) -> None:
        self._book(deployment, state, meeting, start)
        found = explained("a.ics", ics(), "--output", "json")
        assert (found["decision"], found["template"]) == (decision, template)
        assert "meet123456@example.com" in found["tags"][TAG]
        assert deployment.changes == []
        if template == "accept_edited_single_meeting_template":
            assert found["answer"] == "Moved: meet123456@example.com"

    def test_a_tag_from_another_integration_is_unknown(self, deployment: FakeDeployment, explained: Explained) -> None:
        self._book(deployment, State.RESERVED)
        deployment.add(graph_fields(name="Other", room_mailbox_email_address="other@example.com"))
        found = explained("a.ics", ics(), "--integration", "Other")
        assert found["tags"] == {TAG: "unknown"}

    def test_the_integration_must_be_specified_if_there_are_several(
        self, deployment: FakeDeployment, cli: Cli, tmp_path: Path
    ) -> None:
        (tmp_path / "a.ics").write_text(ics())
        assert cli("explain", "a.ics").exit_code == Exit.USAGE


def test_the_explanation_is_human_readable(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_text(ics())
    lines = cli("explain", "a.ics", "--offline", "--tag", "unknown", *NOW).stdout.splitlines()
    assert f"tags       PXPS:-{TAG}#: unknown" in lines
    assert "decision   reject" in lines


@given(st.data())
def test_no_file_crashes_explain(data: st.DataObject) -> None:
    """A file with missing, repeated or changed lines is either explained or refused with a message."""
    lines = ics(extra="RRULE:FREQ=WEEKLY").splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        name = lines[place].partition(":")[0].partition(";")[0]
        value = data.draw(st.one_of(st.text(max_size=30), st.sampled_from(VALUES)))
        lines[place : place + 1] = data.draw(st.sampled_from([[], [lines[place]] * 2, [f"{name}:{value}"]]))
        lines = lines or [""]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "a.ics"
        file.write_bytes("\r\n".join(lines).encode(errors="replace"))
        result = CliRunner().invoke(app, ["explain", str(file), "--offline", *NOW])
    assert result.exception is None or isinstance(result.exception, SystemExit), (lines, result.exception)
    assert result.exit_code in (Exit.DONE, Exit.REFUSED)
