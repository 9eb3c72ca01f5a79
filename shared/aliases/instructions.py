"""The joining instructions of a single-use VMR."""

from shared.aliases.tags import format_tag
from shared.bookings.booking import Booking
from shared.integrations import Integration
from shared.templates import render


def joining_instructions(integration: Integration, booking: Booking) -> str:
    """HTML from the integration's template, with the booking's tag in it. Raises TemplateInvalid."""
    values = {
        "alias": booking.alias,
        "numeric_alias": booking.numeric_alias,
        "alias_uuid": format_tag(booking.tag),
        "addin_server_domain": integration.addin_server_domain,
    }
    return render("meeting_instructions_template", integration.meeting_instructions_template, values)
