"""The notifications posted to webhooks, spelled and capitalized as in the documentation's samples."""

from typing import Any

from dev.exchange.directory import TENANT
from dev.exchange.graph.ids import EVENT, MESSAGE, ItemId, change_key
from dev.exchange.graph.shapes import fine_stamp
from dev.exchange.store import CALENDAR, Change
from dev.exchange.subscriptions import Subscription


def lifecycle_notice(subscription: Subscription, event: str) -> dict[str, Any]:
    """A lifecycle notification: missed, subscriptionRemoved or reauthorizationRequired."""
    return {
        **_common(subscription),
        "lifecycleEvent": event,
        "resource": "",
        "resourceData": {"@odata.type": "", "@odata.id": "", "id": ""},
        "organizationId": TENANT,
    }


def _common(subscription: Subscription) -> dict[str, Any]:
    return {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": fine_stamp(subscription.expires),
        "tenantId": TENANT,
        "clientState": subscription.client_state,
    }


def change_notice(subscription: Subscription, change: Change) -> dict[str, Any]:
    """A basic change notification, with an id but no content."""
    is_event = change.folder == CALENDAR
    moves = None if subscription.immutable_ids else change.moves
    item = ItemId(EVENT if is_event else MESSAGE, change.key, moves).text(change.owner)
    path = f"Users/{change.owner}/{'Events' if is_event else 'Messages'}/{item}"
    return {
        **_common(subscription),
        "changeType": change.kind,
        "resource": path,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Event" if is_event else "#Microsoft.Graph.Message",
            "@odata.id": path,
            "@odata.etag": f'W/"{change_key(change.number)}"',
            "id": item,
        },
    }
