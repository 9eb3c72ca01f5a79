"""Subscriptions to Graph's change notifications, over real HTTP (M9, docs/facts/exchange.md §3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import Unavailable
from shared.mailboxes.graph.client import GraphClient
from shared.mailboxes.graph.error_mapping import GraphError
from shared.mailboxes.graph.subscriptions import SUBSCRIPTION_LIFETIME, GraphSubscriptions
from shared.mailboxes.subscription import Subscription
from tests.support.graph_server import Script

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RESOURCE = "users/vmr@example.com/mailFolders('inbox')/messages"
URL = "https://vmr.example.com/mailbox/notifications"


@pytest.fixture
def subscriptions(client: GraphClient) -> GraphSubscriptions:
    return GraphSubscriptions(client, "vmr@example.com", "https://vmr.example.com", "secret")


def subscription(id_: str = "s1", **changes: Any) -> dict[str, Any]:
    """A subscription as returned by Graph, without its clientState."""
    expires = "2026-11-29T09:00:00.0000000Z"
    told = {"id": id_, "expirationDateTime": expires, "resource": RESOURCE, "notificationUrl": URL, "clientState": None}
    return told | changes


CREATED = Subscription("s1", NOW + SUBSCRIPTION_LIFETIME)


async def test_a_subscription_requests_new_messages_and_lifecycle_events(
    subscriptions: GraphSubscriptions, script: Script
) -> None:
    script.answer(201, subscription())
    assert await subscriptions.create(NOW) == CREATED
    assert script.asked[0].body == {
        "changeType": "created",
        "resource": RESOURCE,
        "notificationUrl": URL,
        "lifecycleNotificationUrl": "https://vmr.example.com/mailbox/lifecycle",
        "clientState": "secret",
        "expirationDateTime": "2026-11-29T09:00:00Z",
        "latestSupportedTlsVersion": "v1_2",
    }


def test_the_terms_of_a_subscription_depend_on_its_client_state_without_revealing_it(client: GraphClient) -> None:
    """The terms are stored in a table, which must not contain secrets (I5)."""

    def terms(client_state: str) -> str:
        return GraphSubscriptions(client, "vmr@example.com", "https://vmr.example.com", client_state).terms

    assert terms("secret") == terms("secret") != terms("other")
    assert "secret" not in terms("secret")


def test_a_subscription_lives_no_longer_than_graph_allows() -> None:
    assert timedelta(minutes=45) < SUBSCRIPTION_LIFETIME < timedelta(minutes=10_080)


async def test_only_our_own_existing_subscription_is_replaced(
    subscriptions: GraphSubscriptions, script: Script
) -> None:
    """Our own subscription cannot be reused, because Graph does not reveal its clientState. Others are kept."""
    others = [
        subscription("elsewhere", notificationUrl="https://other.example.com/mailbox/notifications"),
        subscription("other-mailbox", resource=RESOURCE.replace("vmr", "room")),
    ]
    script.refuse(409, "ExtensionError")
    script.answer(200, {"value": others, "@odata.nextLink": f"{script.url}/v1.0/subscriptions?$skip=2"})
    script.answer(200, {"value": [subscription("old")]})
    script.answer(204)
    script.answer(201, subscription())
    assert await subscriptions.create(NOW) == CREATED
    assert [(asked.method, asked.path.rpartition("/")[2]) for asked in script.asked] == [
        ("POST", "subscriptions"),
        ("GET", "subscriptions"),
        ("GET", "subscriptions?$skip=2"),
        ("DELETE", "old"),
        ("POST", "subscriptions"),
    ]


async def test_a_subscription_that_cannot_be_created_is_an_error(
    subscriptions: GraphSubscriptions, script: Script
) -> None:
    """Graph's permanent refusal does not show whether the mailbox exists, so the mailbox is looked up."""
    script.refuse(400, "ValidationError")
    script.answer(200, {"id": "inbox"})
    with pytest.raises(GraphError, match="400 ValidationError"):
        await subscriptions.create(NOW)
    script.answers.clear()
    script.refuse(400, "ValidationError")
    script.refuse(404, "ErrorInvalidUser")
    with pytest.raises(GraphError, match="no mailbox with this address"):
        await subscriptions.create(NOW)
    script.asked.clear()
    script.answers.clear()
    script.refuse(403, "ErrorAccessDenied")
    with pytest.raises(Unavailable):
        await subscriptions.create(NOW)
    assert len(script.asked) == 1


async def test_a_renewal_extends_the_lifetime(subscriptions: GraphSubscriptions, script: Script) -> None:
    script.answer(200, subscription(expirationDateTime="2026-11-29T11:00:00.0000000+02:00"))
    assert await subscriptions.renew("s1", NOW) == CREATED
    [asked] = script.asked
    assert (asked.method, asked.path) == ("PATCH", "/v1.0/subscriptions/s1")
    assert asked.body == {"expirationDateTime": "2026-11-29T09:00:00Z"}


async def test_a_lost_subscription_cannot_be_renewed(subscriptions: GraphSubscriptions, script: Script) -> None:
    script.refuse(404, "ResourceNotFound")
    assert await subscriptions.renew("s1", NOW) is None


async def test_a_failed_renewal_does_not_mean_that_the_subscription_is_lost(
    subscriptions: GraphSubscriptions, script: Script
) -> None:
    script.refuse(503, "ServiceUnavailable")
    with pytest.raises(Unavailable):
        await subscriptions.renew("s1", NOW)
