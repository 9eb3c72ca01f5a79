"""An e-mail with an iTIP REPLY (RFC 5546), like those from shared/meetings/itip.py, but built without its library."""

from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage

from infra.live_check.facts import without_day
from infra.live_check.graph import Json

_COMMENT = "The room is booked (live-check)."


def reply(event: Json, organizer: str, attendee: str) -> bytes:
    """An e-mail (as MIME) in which an attendee accepts a single meeting."""
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = f"Accepted: {event['subject']}"
    message["To"] = organizer
    message.set_content(_COMMENT)
    message.add_alternative(f"<p>{_COMMENT}</p>", subtype="html")
    calendar = "\r\n".join(_folded(line) for line in _calendar(event, organizer, attendee)) + "\r\n"
    message.add_alternative(calendar.encode(), maintype="text", subtype="calendar", params={"method": "REPLY"})
    return message.as_bytes()


def _calendar(event: Json, organizer: str, attendee: str) -> list[str]:
    return [
        "BEGIN:VCALENDAR",
        "PRODID:-//VMR scheduling for Exchange//EN",
        "VERSION:2.0",
        "METHOD:REPLY",
        "BEGIN:VEVENT",
        f"UID:{without_day(str(event['iCalUId']))}",
        "SEQUENCE:0",
        f"DTSTAMP:{datetime.now(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{_moment(event['start'])}",
        f"DTEND:{_moment(event['end'])}",
        f"ORGANIZER:mailto:{organizer}",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{attendee}",
        f"SUMMARY:{event['subject']}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def _moment(when: Json) -> str:
    """A time from Graph (always in UTC here) in iCalendar format."""
    return f"{datetime.fromisoformat(when['dateTime'][:19]):%Y%m%dT%H%M%SZ}"


def _folded(line: str) -> str:
    """Fold a line to at most 75 characters."""
    return "\r\n ".join(line[i : i + 74] for i in range(0, len(line), 74))
