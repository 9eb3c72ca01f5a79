"""Renders the integration's templates: a meeting's conference name, and the texts for its organizer."""

import logging
from dataclasses import replace
from datetime import datetime
from html import escape

from shared.aliases.instructions import joining_instructions
from shared.bookings.booking import Booking
from shared.bookings.operation import Mailing, Operation
from shared.calendar.conference import Conference
from shared.calendar.request import Answer, CalendarItem, Shape, mail_address
from shared.conferences.names import is_name_of
from shared.errors import TemplateInvalid
from shared.integrations import Integration
from shared.integrations.references import name_in
from shared.mailboxes.mailbox import Mail
from shared.meetings.decision import Accept, Accepted, Refresh, Reject, Rejected
from shared.meetings.itip import can_reply, itip_reply
from shared.templates import html_to_text, meeting_time, one_line, render

log = logging.getLogger(__name__)

_GROUP = "host_identity_provider_group"
_CONFERENCE_TEMPLATES = (
    "conference_name_template", "conference_description_template", "conference_subject_template",
)  # fmt: skip


def conference(integration: Integration, item: CalendarItem, decision: Accept | Refresh, now: datetime) -> Conference:
    """A meeting's conference according to the integration's current settings (M2). The room's name does not change
    while people may be in it, because a node would treat a new name as a different room. Messages about one occurrence
    do not change the texts of its series. Raises TemplateInvalid.
    """
    booking, calendar, before = decision.booking, decision.calendar, decision.booking.conference
    if before and item.shape is Shape.OCCURRENCE and not decision.day:
        return replace(before, calendar=calendar)
    values = {
        "subject": item.subject,
        "organizer_name": item.organizer.name,
        "organizer_email": item.organizer.email,
        "alias": booking.alias,
        "numeric_alias": booking.numeric_alias,
    }

    def text(field: str) -> str:
        return render(field, getattr(integration, field), values)

    wanted = text("conference_name_template")
    name = before.name if before and (before.is_open(now) or is_name_of(wanted, before.name)) else wanted
    return Conference(
        name=name or booking.alias,
        description=text("conference_description_template"),
        subject=text("conference_subject_template"),
        alias=booking.alias,
        numeric_alias=booking.numeric_alias,
        service_tag=f"{integration.uuid}:{booking.tag}",
        theme=name_in(integration, "ivr_theme"),
        # If the URI is unresolved, nobody is let in (shared/conferences/answer.py).
        identity_provider_group=name_in(integration, _GROUP) or getattr(integration, _GROUP) or "",
        non_idp_participants=integration.non_idp_participants,
        buffer_before=integration.meeting_buffer_before,
        buffer_after=integration.meeting_buffer_after,
        calendar=calendar,
        owner=booking.given_to or (mail_address(item.organizer.email) if _keeps_organizer(integration) else ""),
        alias_description=text("scheduled_alias_description_template"),
    )


def _keeps_organizer(integration: Integration) -> bool:
    """Whether the organizer's address is recorded anyway because a template uses it, or needed on a Management Node."""
    on_record = any("organizer_email" in str(getattr(integration, field)) for field in _CONFERENCE_TEMPLATES)
    return on_record or integration.conference_platform == "management_api"


def acceptance(integration: Integration, decision: Accept, item: CalendarItem) -> str:
    """The answer that accepts a meeting, as HTML."""
    # If the times are not in the organizer's time zone, the answer says so.
    zone = "" if item.zone else " UTC"
    return _answer(
        integration,
        decision.reason,
        {
            "start_time": meeting_time(item.occurrence.start.astimezone(item.tz)) + zone,
            "end_time": meeting_time(item.occurrence.end.astimezone(item.tz)) + zone,
            "alias": decision.booking.alias,
            "numeric_alias": decision.booking.numeric_alias,
        },
    )


def rejection(integration: Integration, decision: Reject, correlation_id: str) -> str:
    """The answer that declines a meeting, as HTML."""
    if decision.reason is Rejected.GENERAL_ERROR:
        return _general_error(integration, {"correlation_id": correlation_id})
    values = {"alias": decision.alias} if decision.reason is Rejected.ALIAS_CONFLICT else {}
    return _answer(integration, decision.reason, values)


def _general_error(integration: Integration, values: dict[str, str]) -> str:
    """The answer for a general error, as HTML. If the admin's own template fails as well, the default is used."""
    name = Rejected.GENERAL_ERROR.value
    try:
        return _answer(integration, Rejected.GENERAL_ERROR, values)
    except TemplateInvalid:
        log.exception("%s failed; the organizer is sent the default text", name)
        return render(name, str(Integration.model_fields[name].default), values)


def late_instructions(integration: Integration, item: CalendarItem, booking: Booking) -> Mail:
    """The e-mail to all invitees, with the joining instructions that the invitation could not contain (M8). It is sent
    from the organizer's address if that is allowed.
    """
    recipients, html = invited(integration, item), joining_instructions(integration, booking)
    return Mail(recipients, one_line(item.subject), html, sender=item.organizer.address, item_id=item.id)


def instructions_again(integration: Integration, item: CalendarItem | None, booking: Booking) -> Mail | None:
    """The e-mail with joining instructions requested by an admin. It is sent from the equipment mailbox to the
    meeting's owner. None if the owner's address is unknown. Raises TemplateInvalid.
    """
    recipient = booking.given_to or (mail_address(item.organizer.email) if item else "")
    subject = item.subject if item else booking.conference.subject if booking.conference else ""
    return Mail((recipient,), one_line(subject), joining_instructions(integration, booking)) if recipient else None


def invited(integration: Integration, item: CalendarItem) -> tuple[str, ...]:
    """The addresses of all invitees, including the organizer but not the equipment mailbox. Only ASCII letters are
    lowercased, because lowercasing others may result in somebody else's address (shared/mail_addresses.py).
    """
    addresses = (mail_address(text) for text in (item.organizer.email, *item.attendees))
    people = dict.fromkeys(address.lower() if address.isascii() else address for address in addresses if address)
    return tuple(address for address in people if address != integration.mailbox)


def can_mail_to(item: CalendarItem) -> bool:
    """Whether the organizer has an address that is valid in an e-mail header."""
    return bool(item.organizer.address) and item.organizer.address.isascii()


def plain_response(operation: Operation) -> Operation:
    """The operation, with its answer sent as the plain-text comment in Graph's own response instead of a separate
    e-mail.
    """
    others = tuple(mailing for mailing in operation.mails if mailing is not Mailing.RESPONSE)
    return replace(operation, mails=others, text=html_to_text(operation.text))


def response_mail(integration: Integration, item: CalendarItem, operation: Operation, now: datetime) -> Mail:
    """The answer as an e-mail. This is used if the answer is HTML, because Graph's comments are plain text, or if
    Exchange refuses the response. The e-mail contains an iTIP REPLY, which makes it a meeting response. If no reply is
    possible (`can_reply`), it is an ordinary e-mail. It has not been confirmed against a live tenant that Exchange
    turns the e-mail into a tracked response.
    """
    html = operation.text
    if not (integration.answers_in_html or integration.response_format == "html"):
        html = "<br>".join(escape(operation.text).splitlines())
    verb = "Accepted" if operation.answer is Answer.ACCEPTED else "Declined"
    reply = itip_reply(item, integration.mailbox, operation.answer, now) if can_reply(item) else b""
    return Mail((item.organizer.address,), one_line(f"{verb}: {item.subject}"), html, html_to_text(html), reply)


def _answer(integration: Integration, reason: Accepted | Rejected, values: dict[str, str]) -> str:
    return render(reason.value, getattr(integration, reason.value), values)
