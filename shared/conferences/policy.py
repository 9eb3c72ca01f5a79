"""External policy: responds to conferencing nodes when somebody dials an alias (C2; docs/facts/pexip.md).

Takes one point read, keyed by the alias's digits, regardless of the number of conferences.
"""

import ipaddress
import re
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from shared.bookings.alias_rows import ALIAS_KEY, NAME_KEY, alias_place, aliases_table, name_partition
from shared.bookings.booking import Booking, State
from shared.bookings.rows import meetings_table
from shared.bookings.stored import stored_booking
from shared.calendar.conference import Conference
from shared.clock import Clock
from shared.conferences.answer import clean, service_answer
from shared.conferences.platform import ON_NODE
from shared.conferences.policy_request import Direction, ServiceRequest, dialled_alias
from shared.conferences.vmr_rows import service_at
from shared.storage import Row, Storage

PolicyAction = Literal["continue", "reject"]

PolicyAnswer = tuple[PolicyAction, dict[str, Any]] | None
"""Action and result, or None if the alias is not ours. The node then uses its own database."""

MAX_ALIAS = 250
"""Maximum length of an alias in characters, as in the original product."""

IsOnNode = Callable[[str], Awaitable[bool]]
"""Whether the rooms of an integration, given by its uuid, are on a Management Node. Rarely needs a call to storage."""

_OUR_TAG = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([0-9a-f-]{36})")


class Policy:
    """Responds to service configuration requests from the alias records."""

    def __init__(
        self, storage: Storage, clock: Clock, *, serves_vmrs: bool = True, is_on_node: IsOnNode | None = None
    ) -> None:
        """If `serves_vmrs` is False, all VMRs are on another server, and policy does not serve them."""
        self._serves_vmrs = serves_vmrs
        self._storage = storage
        self._is_on_node = is_on_node
        self._aliases = aliases_table(storage)
        self._clock = clock

    async def answer(self, request: ServiceRequest) -> PolicyAnswer:
        """The response to a node's request. Takes one point read, or none if the alias cannot be ours.

        A node that dials out for one of our running services gets the response for that service, whatever alias it
        requested. A probe is never rejected, because nodes may cache the rejection, and a real call may follow
        immediately.
        """
        running = _OUR_TAG.fullmatch(request.running_tag)
        if running:
            return await self._running(running[1], running[2], request.service_name)
        told = await self._running_vmr(request) or await self.service_configuration(request.local_alias)
        if told is None or (told[0] == "reject" and request.is_probe):
            return None
        return told if _is_of(told, request.running_tag) else None

    async def service_configuration(self, local_alias: str) -> PolicyAnswer:
        """Action and result for a dialled alias, or None if it is not ours (the node then uses its own database).

        A VMR is always open. A call to a scheduled room outside its join window is rejected with an empty result, right
        up to the moment the room opens (docs/facts/pexip.md describes how nodes may treat that).
        """
        dialled, domain = dialled_alias(local_alias)
        if not dialled or not dialled.isprintable() or len(dialled) + len(domain) > MAX_ALIAS:
            return None
        domain = _without_node(domain)
        partition, place = alias_place(dialled, domain)
        row = await self._aliases.get(partition, ALIAS_KEY)
        if row is None:
            return None
        if "state" not in row.values:  # only the row of a scheduled room has a state
            return self._vmr(row, place)
        if domain not in ("", str(row.values["domain"]).lower()):
            return None
        if row.values.get(ON_NODE):  # the room is in the node's own database
            return None
        conference = Conference.from_json(str(row.values["conference"])) if row.values.get("conference") else None
        return self._told(conference)

    async def _running(self, integration: str, tag: str, name: str) -> PolicyAnswer:
        """The response for one of our services that is dialling out, looked up by its tag. It contains the running
        service's name, because a node treats a different name as a different service.
        """
        booking = await stored_booking(meetings_table(self._storage), integration, tag)
        if booking is None:
            return None
        if self._is_on_node and await self._is_on_node(integration) and not await self._lets_in(booking):
            return None  # the room is in the node's own database, including what an admin has set there
        return self._told(_named(booking, name) if booking.state is State.SCHEDULED else None)

    async def _lets_in(self, booking: Booking) -> bool:
        """Whether policy still serves a room that is being created on a node. It does so until conferencing nodes know
        the room.
        """
        row = await self._aliases.get(booking.numeric_alias, ALIAS_KEY)
        return row is not None and row.values.get("tag") == booking.tag and bool(row.values.get("conference"))

    async def _running_vmr(self, request: ServiceRequest) -> PolicyAnswer:
        """The response for a VMR that is dialling out, looked up by its name. A node treats a different name as a
        different service.
        """
        if request.direction is not Direction.DIAL_OUT or not request.service_name.strip():
            return None
        row = await self._aliases.get(name_partition(request.service_name.strip()), NAME_KEY)
        told = self._vmr(row, "") if row else None
        return told if told and told[1].get("name") == request.service_name else None

    def _vmr(self, row: Row, place: str) -> PolicyAnswer:
        """The service for a VMR; None if no VMR has that alias, or if it is on another server."""
        fields = service_at(row, place) if self._serves_vmrs else None
        if fields is None:
            return None
        service = service_answer(fields)
        return ("reject", {}) if service is None else ("continue", service)

    def _told(self, conference: Conference | None) -> PolicyAnswer:
        if conference is None or not conference.is_open(self._clock.now()):
            return "reject", {}
        service = _service(conference)
        return ("reject", {}) if service is None else ("continue", service)


def _is_of(told: tuple[PolicyAction, dict[str, Any]], tag: str) -> bool:
    """Whether a response is for the service with this tag. Always true if there is no tag, and for rejections."""
    return not tag or told[0] == "reject" or str(told[1].get("service_tag", "")).lower() == tag


def _named(booking: Booking, name: str) -> Conference | None:
    return booking.named(name).conference if name in booking.names else booking.conference


def _without_node(domain: str) -> str:
    """A dialled domain without its port; "" for a node's IP address (H.323 and SIP endpoints dial `alias@10.0.0.1`)."""
    host = re.sub(r":\d+$", "", domain)
    return "" if _is_address(host) or _is_address(domain) else host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _service(conference: Conference) -> dict[str, Any] | None:
    """The service, as a node accepts it. Unset fields are omitted, so the platform's defaults apply."""
    fields = {
        "service_type": "conference",
        "name": clean(conference.name) or conference.alias,
        "service_tag": conference.service_tag,
        "description": conference.description,
        "ivr_theme_name": conference.theme,
        "host_identity_provider_group": conference.identity_provider_group,
    }
    if conference.identity_provider_group:
        fields["non_idp_participants"] = conference.non_idp_participants
    return service_answer(fields)
