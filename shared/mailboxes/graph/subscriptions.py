"""Change notifications from Graph: creates, renews and removes subscriptions (docs/facts/exchange.md §3)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from shared.mailboxes.client_state import digest
from shared.mailboxes.graph.client import GraphClient
from shared.mailboxes.graph.error_mapping import GraphError
from shared.mailboxes.graph.other_payloads import Page, SubscriptionAnswer
from shared.mailboxes.graph.payload import parse
from shared.mailboxes.mailbox import ItemGone
from shared.mailboxes.subscription import Subscription

SUBSCRIPTION_LIFETIME = timedelta(days=6)
"""Graph allows 10,080 minutes (seven days). The margin of one day allows for differences between clocks."""


class GraphSubscriptions:
    """Subscribes to new messages in a mailbox's Inbox."""

    def __init__(self, client: GraphClient, address: str, public_base_url: str, client_state: str) -> None:
        self._client = client
        self._client_state = client_state
        self._address = quote(address, safe="@")
        self._resource = f"users/{address}/mailFolders('inbox')/messages"
        self._notification_url = f"{public_base_url}/mailbox/notifications"
        self._lifecycle_url = f"{public_base_url}/mailbox/lifecycle"

    @property
    def terms(self) -> str:
        """A digest of the clientState. Notifications are only accepted with this clientState, which changes with the
        deployment's signing key.
        """
        return digest(self._client_state)

    async def create(self, now: datetime) -> Subscription:
        """Subscribe. Graph calls both URLs during this call.

        An existing subscription (409) is removed. It cannot be taken over, because Graph does not return its
        clientState.
        """
        try:
            return _subscription(await self._client.post("/subscriptions", self._wanted(now)))
        except GraphError as error:
            if error.status != 409:
                await self._look_at_mailbox()
                raise
        await self._remove_ours()
        return _subscription(await self._client.post("/subscriptions", self._wanted(now)))

    async def renew(self, subscription_id: str, now: datetime) -> Subscription | None:
        """Renew a subscription. Returns None if Graph no longer has it. Renewal is also how we react to
        reauthorizationRequired.
        """
        wanted = {"expirationDateTime": _graph_time(now + SUBSCRIPTION_LIFETIME)}
        try:
            return _subscription(await self._client.patch(f"/subscriptions/{subscription_id}", wanted))
        except ItemGone:
            return None

    def _wanted(self, now: datetime) -> dict[str, str]:
        return {
            "changeType": "created",
            "resource": self._resource,
            "notificationUrl": self._notification_url,
            "lifecycleNotificationUrl": self._lifecycle_url,
            "clientState": self._client_state,
            "expirationDateTime": _graph_time(now + SUBSCRIPTION_LIFETIME),
            "latestSupportedTlsVersion": "v1_2",
        }

    async def _look_at_mailbox(self) -> None:
        """Raise an error if the mailbox itself cannot be used. Graph reports all refused subscriptions as
        ValidationError.
        """
        await self._client.get(f"/users/{self._address}/mailFolders/inbox", {"$select": "id"})

    async def _remove_ours(self) -> None:
        link = "/subscriptions"
        while link:
            page = parse(Page, await self._client.get(link))
            for entry in page.value:
                found = parse(SubscriptionAnswer, entry)
                if found.notification_url == self._notification_url and found.resource == self._resource:
                    await self._client.delete(f"/subscriptions/{found.id}")
            link = page.next_link


def _subscription(payload: Any) -> Subscription:
    return parse(SubscriptionAnswer, payload).subscription()


def _graph_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
