"""The joining instructions of a single-use VMR."""

from shared.aliases.tags import format_tag
from shared.bookings.booking import Booking
from shared.integrations import Integration
from shared.templates import render


def joining_instructions(integration: Integration, booking: Booking) -> str:
    """The instructions as HTML from the integration's template, including the booking's tag. Raises TemplateInvalid."""
    values = {
        "alias": booking.alias,
        "numeric_alias": booking.numeric_alias,
        "alias_uuid": format_tag(booking.tag),
        "addin_server_domain": integration.addin_server_domain,
    }
    return render("meeting_instructions_template", integration.meeting_instructions_template, values)
