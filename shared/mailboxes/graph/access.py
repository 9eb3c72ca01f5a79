"""Tests the app's access to a mailbox through Graph, without changing anything.

No call returns an app's rights: with RBAC for Applications the token's `roles` claim is empty, and Exchange decides on
each request. So each right is tested by using it on something that every mailbox has. The calendar's colour is set to
its current value, and a hidden property is added to the Inbox. Sending can only be tested with an e-mail, so one
without recipients is submitted. Sources: docs/facts/settings.md.

Not confirmed against a live tenant: that an equipment mailbox accepts both updates, and that an e-mail without
recipients is refused only after the right has been checked, as the error's text suggests.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from shared.errors import RateLimited, Unavailable
from shared.mailboxes.access import Attempt, Right
from shared.mailboxes.graph.client import GraphClient
from shared.mailboxes.graph.error_mapping import GraphError
from shared.mailboxes.graph.other_payloads import CalendarAnswer, SubscriptionAnswer
from shared.mailboxes.graph.payload import parse
from shared.mailboxes.mailbox import ItemGone

_PROBE = {
    "singleValueExtendedProperties": [
        {"id": "String {6b1c7c0e-52f0-4f0e-9c8e-2f6f5d3a7b11} Name VmrSchedulingDoctor", "value": "1"}
    ]
}
"""A property that is unique to this product and not shown by any client. Its value never changes."""


@dataclass(frozen=True)
class Listed:
    """A subscription as Graph returns it."""

    resource: str
    notification_url: str
    lifecycle_url: str
    expires: datetime


class GraphAccess:
    """Tests access to one mailbox."""

    def __init__(self, client: GraphClient, address: str) -> None:
        self._client = client
        self._root = f"/users/{quote(address, safe='@')}"

    async def try_out(self) -> list[Attempt]:
        """See Access.try_out. Sends one request of each kind, one after the other, because the mailbox is in use and
        Graph serves only four requests at a time per mailbox.
        """
        client, root = self._client, self._root
        one: dict[str, str] = {"$top": "1", "$select": "id"}
        tries: dict[Right, Callable[[], Awaitable[object]]] = {
            Right.READ_MAIL: lambda: client.get(f"{root}/mailFolders/inbox/messages", one),
            Right.READ_CALENDAR: lambda: client.get(f"{root}/events", one),
            Right.ANSWER: self._leave_calendar,
            Right.WRITE_MAIL: lambda: client.patch(f"{root}/mailFolders/inbox", _PROBE),
            Right.SEND_MAIL: lambda: client.post(f"{root}/sendMail", {"message": {}, "saveToSentItems": False}),
        }
        return [await _attempt(right, call) for right, call in tries.items()]

    async def _leave_calendar(self) -> None:
        """Set the calendar's colour to its current value. An app that may write to the calendar may also answer meeting
        requests.
        """
        calendar = await self._client.get(f"{self._root}/calendar", {"$select": "color"})
        await self._client.patch(f"{self._root}/calendar", {"color": parse(CalendarAnswer, calendar).color})

    async def subscription(self, subscription_id: str) -> Listed | None:
        """The subscription with this id; None if Graph has none. Raises Unavailable, RateLimited."""
        try:
            found = await self._client.get(f"/subscriptions/{quote(subscription_id, safe='')}")
        except ItemGone:
            return None
        return _listed(found)


async def _attempt(right: Right, call: Callable[[], Awaitable[object]]) -> Attempt:
    try:
        await call()
    except (GraphError, RateLimited, Unavailable) as failure:
        return Attempt(right, failure)
    return Attempt(right)


def _listed(payload: Any) -> Listed:
    found = parse(SubscriptionAnswer, payload)
    expires = found.expiration_date_time.astimezone(UTC)
    return Listed(found.resource, found.notification_url, found.lifecycle_notification_url, expires)
