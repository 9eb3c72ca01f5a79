"""Mail sent as MIME. A `text/calendar; method=REPLY` part turns it into a meeting response."""

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.utils import getaddresses

from dev.exchange.calendar import Entry, occurrence, whole
from dev.exchange.directory import Directory, User
from dev.exchange.model import Address, Body, Event, Letter, MeetingPart, MessageKind
from dev.exchange.store import Store
from dev.exchange.zones import to_local

_KINDS = {"ACCEPTED": MessageKind.ACCEPTED, "TENTATIVE": MessageKind.TENTATIVE, "DECLINED": MessageKind.DECLINED}
_PROPERTY = re.compile(r'^([A-Z-]+)((?:;[A-Z-]+=(?:"[^"]*"|[^;:]*))*):(.*)$', re.IGNORECASE)
_PARTSTAT = re.compile(r"PARTSTAT=([A-Z-]+)", re.IGNORECASE)


class MimeError(ValueError):
    """A MIME message cannot be sent. The exception's message says why."""


def letter_from_mime(content: bytes, author: User, store: Store, directory: Directory) -> Letter:
    """Read a MIME message sent by ``author``; raises `MimeError`.

    A REPLY to a meeting organized by a recipient becomes a response. A REPLY to an unknown meeting remains ordinary
    mail.
    """
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    letter = Letter(
        subject=str(parsed.get("Subject", "")),
        body=_body(parsed),
        from_=author.contact,
        sender=author.contact,
        to=_addresses(parsed, "To"),
        cc=_addresses(parsed, "Cc"),
        bcc=_addresses(parsed, "Bcc"),
        reply_to=_addresses(parsed, "Reply-To"),
        headers=tuple((name, str(value)) for name, value in parsed.items()),
    )
    if not letter.to:
        raise MimeError("The MIME message has no recipient in 'To'.")
    return replace(letter, part=_response(parsed, letter, store, directory))


def _body(parsed: EmailMessage) -> Body:
    part = parsed.get_body(preferencelist=("html", "plain"))
    return Body(part.get_content(), is_html=part.get_content_subtype() == "html") if part else Body("", is_html=False)


def _addresses(parsed: EmailMessage, header: str) -> tuple[Address, ...]:
    found = getaddresses([str(value) for value in parsed.get_all(header, [])])
    return tuple(Address(name or address, address) for name, address in found if address)


def _response(parsed: EmailMessage, letter: Letter, store: Store, directory: Directory) -> MeetingPart | None:
    calendar = next((part for part in parsed.walk() if part.get_content_type() == "text/calendar"), None)
    if calendar is None or str(calendar.get_param("method", "")).upper() != "REPLY":
        return None
    said = _properties(calendar.get_content())
    partstat = _PARTSTAT.search(said.get("ATTENDEE", ("", ""))[0])
    kind = _KINDS.get(partstat[1].upper()) if partstat else None
    organizers = (directory.find(address.address) for address in letter.to)
    events = (store.event(user.guid, said.get("UID", ("", ""))[1]) for user in organizers if user)
    event = next((event for event in events if event and event.is_organizer), None)
    entry = event and _entry(event, said.get("RECURRENCE-ID"))
    # The reply's sequence number, or 0 if it is missing (RFC 5545, 3.8.7.4). The Calendar Attendant compares it.
    sequence = int(said.get("SEQUENCE", ("", "0"))[1] or 0)
    return MeetingPart(kind, replace(entry.meeting, sequence=sequence)) if kind and entry else None


def _entry(event: Event, recurrence_id: tuple[str, str] | None) -> Entry | None:
    if recurrence_id is None:
        return whole(event)
    return occurrence(event, _day(recurrence_id[1], event.meeting.zone))


def _day(text: str, zone: str) -> date:
    """The pattern's date in a RECURRENCE-ID. A local time is used as is. A UTC time is converted to the series' time
    zone.
    """
    try:
        when = datetime.strptime(text.removesuffix("Z")[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007  # the zone follows
    except ValueError as error:
        raise MimeError(f"RECURRENCE-ID '{text}' is not a time.") from error
    return to_local(when.replace(tzinfo=UTC), zone).date() if text.endswith("Z") else when.date()


def _properties(calendar: str) -> Mapping[str, tuple[str, str]]:
    """The properties in an iCalendar document, as name → (parameters, value). If a name occurs several times, the last
    occurrence counts.
    """
    lines = re.sub(r"\r?\n[ \t]", "", calendar).splitlines()
    return {found[1].upper(): (found[2], found[3].strip()) for found in map(_PROPERTY.match, lines) if found}
