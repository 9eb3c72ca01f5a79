"""Checks change notifications with a webhook that responds to the handshake and with one that does not."""

from datetime import UTC, datetime, timedelta

from infra.live_check.graph import Graph, Json, Refused
from infra.live_check.meetings import Mailboxes
from infra.live_check.table import Differs, NotTried, Table, expect

_SUBSCRIPTION_LIFETIME = timedelta(hours=1)


def subscription_rows(table: Table, boxes: Mailboxes, webhooks: str) -> None:
    """Subscribe to the equipment mailbox's Inbox and unsubscribe again.

    `webhooks` is the app's base URL, or "" if there is none.
    """
    table.check(
        "a subscription is created (201) if the webhook responds to the handshake", lambda: _taken(boxes, webhooks)
    )
    table.check(
        "a webhook that refuses the handshake is reported as 400 ValidationError",
        lambda: _refused(boxes, webhooks),
        borne=True,
    )


def _subscribe(boxes: Mailboxes, webhooks: str, path: str) -> Json:
    if not webhooks:
        raise NotTried("no --app was given")
    wanted = {
        "changeType": "created",
        "resource": f"users/{boxes.equipment_address}/mailFolders('inbox')/messages",
        "notificationUrl": f"{webhooks}{path}",
        "lifecycleNotificationUrl": f"{webhooks}{path}",
        "clientState": boxes.mark,
        "expirationDateTime": f"{datetime.now(UTC) + _SUBSCRIPTION_LIFETIME:%Y-%m-%dT%H:%M:%SZ}",
        "latestSupportedTlsVersion": "v1_2",
    }
    return boxes.graph.post("/subscriptions", wanted)


def _taken(boxes: Mailboxes, webhooks: str) -> str:
    made = _subscribe(boxes, webhooks, "/mailbox/notifications")
    _remove(boxes.graph, made)
    return "201"


def _refused(boxes: Mailboxes, webhooks: str) -> str:
    try:
        # The app has no such page: it returns 404 instead of the token.
        made = _subscribe(boxes, webhooks, "/mailbox/no-such-page")
    except Refused as error:
        return expect((error.status, error.code) == (400, "ValidationError"), str(error))
    _remove(boxes.graph, made)
    raise Differs("201: the subscription was created without a handshake")


def _remove(graph: Graph, subscription: Json) -> None:
    graph.delete(f"/subscriptions/{subscription['id']}")
