"""The response to a click on "Add a Single-use VMR": an alias, its tag and joining instructions."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared.aliases.allocation import Allocator, alias_format
from shared.aliases.instructions import joining_instructions
from shared.aliases.people import addresses_in
from shared.aliases.quota import of_user
from shared.aliases.tags import format_tag
from shared.bookings.booking import Booking
from shared.errors import InvalidRequest, NotAllowed
from shared.identity.addin_users import AddInUsers
from shared.integrations import Integration, IntegrationStore
from shared.metrics import Metric, measure
from shared.templates import html_to_text

MAX_IDEMPOTENCY_KEY = 200


@dataclass(frozen=True)
class MeetingDetails:
    """Allocates aliases for authenticated users."""

    integrations: IntegrationStore
    users: AddInUsers
    allocator: Allocator

    async def allocate(self, uuid: str, token: str, idempotency_key: str = "", mailboxes: str = "") -> dict[str, Any]:
        """The `result` of the call meeting_details. `mailboxes` is the header X-Mailboxes (people.py).

        Raises NotFound, NotAuthenticated, NotAllowed, InvalidRequest, RateLimited, NumberSpaceFull,
        Unavailable.
        """
        integration = await self.integrations.cached(uuid)
        caller = await self.users.identify(integration, token)
        if not integration.enable_dynamic_vmrs:
            raise NotAllowed("Single-use VMRs are not enabled here.")
        if len(idempotency_key) > MAX_IDEMPOTENCY_KEY:
            raise InvalidRequest(f"The Idempotency-Key is longer than {MAX_IDEMPOTENCY_KEY} characters.")
        lifetime = timedelta(days=integration.reservation_days)
        form = alias_format(integration)
        caller = replace(caller, mailboxes=addresses_in(mailboxes))
        booking = await self.allocator.allocate(
            integration.uuid, form, caller, lifetime, idempotency_key, limits=of_user(caller)
        )
        measure(Metric.ALLOCATION, 1, integration.uuid)
        return details(integration, booking)


def details(integration: Integration, booking: Booking) -> dict[str, Any]:
    """The response for a booking: the `result` of the call meeting_details."""
    instructions = joining_instructions(integration, booking)
    return {
        "room_name": integration.room_mailbox_name,
        "room_email": integration.room_mailbox_email_address,
        "alias_id": format_tag(booking.tag),
        "instructions": instructions,
        "instructions_text": html_to_text(instructions),
        "alias": booking.alias,
        "numeric_alias": booking.numeric_alias,
        "location": integration.room_mailbox_name,
    }
