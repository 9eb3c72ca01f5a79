"""People's VMRs on a Management Node (docs/facts/pexip.md §2).

It has not been confirmed against a live Management Node that lists can be filtered by
`primary_owner_email_address__iexact`. The owner is therefore compared here too, so that nobody sees other people's VMRs
even if a node ignores the filter.
"""

from __future__ import annotations

import asyncio

from pydantic import BaseModel

from shared.mail_addresses import same_address
from shared.management_node.client import NodeClient
from shared.management_node.failure import NodeFailed
from shared.management_node.objects import CONFERENCES, is_tag_of_room, read
from shared.personal.rendering import Vmr
from shared.personal.vmr import PERSONAL_SERVICE_TYPES

OWNER_PAGE_SIZE = 200
OWNER_MAX_PAGES = 10
LIST_TIMEOUT = 15.0
"""Maximum time for receiving the whole list, in seconds. It is short, because a user is waiting for the task pane."""


class _Alias(BaseModel):
    alias: str


class _Conference(BaseModel):
    """The fields of a `conference` that we read; all others are ignored."""

    name: str
    description: str = ""
    service_type: str
    aliases: list[_Alias]
    pin: str | None = None
    guest_pin: str | None = None
    allow_guests: bool = False
    primary_owner_email_address: str | None = None
    scheduled_conferences_count: int = 0
    tag: str = ""

    def is_personal(self, email: str) -> bool:
        """Whether the conference is a VMR of this owner, and not one created for a meeting."""
        is_theirs = same_address(self.primary_owner_email_address or "", email)
        of_a_meeting = self.scheduled_conferences_count or is_tag_of_room(self.tag)
        return is_theirs and self.service_type in PERSONAL_SERVICE_TYPES and not of_a_meeting

    def shown(self) -> Vmr:
        """The VMR as templates see it."""
        return Vmr(
            self.name, self.description, self.service_type, tuple(entry.alias for entry in self.aliases),
            self.pin or "", self.guest_pin or "", self.allow_guests, self.primary_owner_email_address or "",
        )  # fmt: skip


class _Meta(BaseModel):
    total_count: int


class _Page(BaseModel):
    meta: _Meta
    objects: list[_Conference]


async def vmrs_of_owner(client: NodeClient, email: str) -> list[Vmr]:
    """An owner's VMRs; none if `email` is "". Makes one request per 200 VMRs. Raises NodeFailed, RateLimited."""
    if not same_address(email, email):  # no address, or one that a node might case-fold to another person's
        return []
    try:
        async with asyncio.timeout(LIST_TIMEOUT):
            return [each.shown() for each in await _all(client, email) if each.is_personal(email)]
    except TimeoutError as error:
        raise NodeFailed(f"the Management Node did not respond within {LIST_TIMEOUT:g} seconds") from error


async def _all(client: NodeClient, email: str) -> list[_Conference]:
    found: list[_Conference] = []
    for _ in range(OWNER_MAX_PAGES):
        params: dict[str, str | int] = {
            "primary_owner_email_address__iexact": email,
            "limit": OWNER_PAGE_SIZE,
            "offset": len(found),
        }
        page = read(await client.get(CONFERENCES, params), _Page)
        found += page.objects
        if not page.objects or len(found) >= page.meta.total_count:
            return found
    raise NodeFailed(f"the Management Node has more than {OWNER_PAGE_SIZE * OWNER_MAX_PAGES} conferences for one owner")
