"""Subscriptions to change notifications."""

import re
from collections.abc import Callable
from typing import Any

from aiohttp import web

from dev.exchange.graph import query as options
from dev.exchange.graph.call import Call, find_folder
from dev.exchange.graph.errors import GraphError, bad_request
from dev.exchange.graph.shapes import Json, fine_stamp, page
from dev.exchange.store import CALENDAR
from dev.exchange.subscriptions import Subscription, Topic

#: The ids of the application shared by all clients of this service, and of its service principal.
APPLICATION = "24d3b144-21ae-4080-943f-7067b395b913"
CREATOR = "8ee44408-0679-472c-bc2a-692812af3437"
_MOST_CLIENT_STATE = 128
_KINDS = frozenset({"created", "updated", "deleted"})
_RESOURCE = re.compile(
    r"^/?users(?:/|\(')(?P<user>[^/')]+)(?:'\))?/"
    r"(?:(?P<events>events)|(?:mailfolders(?:/|\(')(?P<folder>[^/']+)(?:'\))?/)?messages)$",
    re.IGNORECASE,
)


async def create(call: Call) -> web.Response:
    """POST a subscription: create it after both webhooks have returned a validation token."""
    wanted = await _wanted(call)
    twin = call.exchange.subscriptions.twin(wanted)
    if twin:
        # Graph's wording of this error has not been confirmed against a live tenant.
        raise GraphError(409, "Conflict", "A subscription with the same resource and changeType exists already.")
    for url in filter(None, (wanted.notification_url, wanted.lifecycle_url)):
        await _validate(call, url)
    call.exchange.subscriptions.add(wanted)
    return call.answer({"@odata.context": f"{_context(call)}/$entity", **_shown(wanted, secret=True)}, 201)


async def _validate(call: Call, url: str) -> None:
    wrong = await call.exchange.notifier.shake_hands(url)
    if wrong:
        raise _HANDSHAKE[call.exchange.variants.handshake_error](f"Subscription validation request failed. {wrong}")


async def _wanted(call: Call) -> Subscription:
    given = await call.document()
    for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
        if not isinstance(given.get(name), str):
            raise _invalid(f"The property '{name}' is required.")
    changes = frozenset(part.strip() for part in given["changeType"].split(","))
    if not changes <= _KINDS:
        raise _invalid(f"'{given['changeType']}' is not a valid changeType.")
    state = given.get("clientState")
    if state is not None and len(str(state)) > _MOST_CLIENT_STATE:
        raise _invalid(f"clientState may have at most {_MOST_CLIENT_STATE} characters.")
    now = call.exchange.clock.now()
    wanted = Subscription(
        resource=given["resource"],
        topic=_topic(call, given["resource"]),
        changes=changes,
        change_type=given["changeType"],
        notification_url=given["notificationUrl"],
        lifecycle_url=given.get("lifecycleNotificationUrl"),
        client_state=state,
        immutable_ids=call.prefer.immutable_ids,
        starts=now,
        expires=now,
    )
    _renew(call, wanted, given)
    return wanted


def _topic(call: Call, resource: str) -> Topic:
    found = _RESOURCE.match(resource)
    user = call.exchange.directory.find(found["user"]) if found else None
    if found is None or user is None:
        raise _invalid(f"The resource '{resource}' cannot be watched here.")
    if found["events"]:
        return Topic(user.guid, CALENDAR)
    return Topic(user.guid, find_folder(user, found["folder"]) if found["folder"] else None)


async def list_all(call: Call) -> web.Response:
    """GET all subscriptions. Their clientState is never returned."""
    call.exchange.subscriptions.tick()
    return call.answer(page(_context(call), [_shown(subscription) for subscription in call.exchange.subscriptions]))


async def get_one(call: Call) -> web.Response:
    """GET a subscription."""
    return call.answer({"@odata.context": f"{_context(call)}/$entity", **_shown(_found(call))})


async def change(call: Call) -> web.Response:
    """PATCH a subscription: change expirationDateTime or notificationUrl. A lifecycleNotificationUrl cannot be
    added.
    """
    subscription, given = _found(call), await call.document()
    if "lifecycleNotificationUrl" in given:
        raise _invalid("lifecycleNotificationUrl cannot be changed.")
    if "notificationUrl" in given:
        await _validate(call, str(given["notificationUrl"]))
        subscription.notification_url = str(given["notificationUrl"])
    if "expirationDateTime" in given:
        _renew(call, subscription, given)
    return call.answer({"@odata.context": f"{_context(call)}/$entity", **_shown(subscription)})


async def reauthorize(call: Call) -> web.Response:
    """POST reauthorize: extend access to the mailbox, but not the subscription's expiry."""
    _found(call).warned = True
    return call.done(204)


async def delete(call: Call) -> web.Response:
    """DELETE a subscription."""
    call.exchange.subscriptions.remove(_found(call).id)
    return call.done(204)


def _found(call: Call) -> Subscription:
    call.exchange.subscriptions.tick()
    subscription = call.exchange.subscriptions.get(call.params["subscription"])
    if subscription is None:
        raise GraphError(404, "ResourceNotFound", "The object was not found.")
    return subscription


def _renew(call: Call, subscription: Subscription, given: dict[str, Any]) -> None:
    expires = options.moment(str(given["expirationDateTime"]), "expirationDateTime")
    try:
        subscription.renew(call.exchange.clock.now(), expires)
    except ValueError as error:
        raise _invalid(str(error)) from error


def _shown(subscription: Subscription, *, secret: bool = False) -> Json:
    return {
        "id": subscription.id,
        "resource": subscription.resource,
        "applicationId": APPLICATION,
        "changeType": subscription.change_type,
        "clientState": subscription.client_state if secret else None,
        "notificationUrl": subscription.notification_url,
        "notificationQueryOptions": None,
        "notificationContentType": None,
        "lifecycleNotificationUrl": subscription.lifecycle_url,
        "expirationDateTime": fine_stamp(subscription.expires),
        "creatorId": CREATOR,
        "includeResourceData": None,
        "latestSupportedTlsVersion": "v1_2",
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationUrlAppId": None,
    }


def _context(call: Call) -> str:
    return f"{call.base}/$metadata#subscriptions"


def _invalid(message: str) -> GraphError:
    return bad_request(message, "ValidationError")


_HANDSHAKE: dict[str, Callable[[str], GraphError]] = {
    "ValidationError": _invalid,
    "InvalidRequest": lambda message: bad_request(message, "InvalidRequest"),
    "ExtensionError403": lambda message: GraphError(403, "ExtensionError", message),
    "ExtensionError503": lambda message: GraphError(503, "ExtensionError", message),
}

ROUTES = {
    "POST subscriptions": create,
    "GET subscriptions": list_all,
    "GET subscriptions/{subscription}": get_one,
    "PATCH subscriptions/{subscription}": change,
    "DELETE subscriptions/{subscription}": delete,
    "POST subscriptions/{subscription}/reauthorize": reauthorize,
}
