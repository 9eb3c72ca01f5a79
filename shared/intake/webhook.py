"""Graph's notifications: believed only with their clientState, and reduced to ids (docs/facts/exchange.md §3).

What is not believed is left out in silence: Graph would only repeat what it is refused, and a stranger learns nothing.

Read by hand, and not by pydantic: importing that would take longer than everything else that a cold process does
until Graph has its 202 (bench/README.md).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from shared.errors import InvalidRequest, TooLarge
from shared.intake.notice import Notice, encode
from shared.mailboxes.client_state import ClientStates

WEBHOOK_BODY_MAX_BYTES = 1024 * 1024
"""Bytes of one POST; a notification has some 700, and Graph groups at most a few hundred."""

MAX_NOTIFICATIONS = 5000

MESSAGE_ID_MAX_LENGTH = 1024
"""Characters of a message id; Outlook's have about 150."""


@dataclass(frozen=True)
class _Notification:
    """One item of a POST; "" stands for what it does not have."""

    client_state: str
    lifecycle_event: str
    message: str

    @classmethod
    def read(cls, item: Any) -> Self:
        """Raises InvalidRequest for what no Graph sends."""
        fields = _object(item)
        data = fields.get("resourceData")
        data = data if isinstance(data, dict) else {}  # of no interest in lifecycle notifications, and odd in some
        if not isinstance(fields.get("subscriptionId"), str):
            raise InvalidRequest("Not a Graph notification: subscriptionId is missing.")
        return cls(_text(fields, "clientState"), _text(fields, "lifecycleEvent"), _text(data, "id"))


class Webhook:
    """Turns POSTs into queue messages."""

    def __init__(self, client_states: ClientStates) -> None:
        self._client_states = client_states

    def receive(self, body: bytes) -> list[str]:
        """Queue messages for what a POST says; none for what is not believed.

        Change and lifecycle notifications may come mixed. Raises InvalidRequest for what no Graph sends.
        """
        notices = map(self._notice, [_Notification.read(item) for item in _items(body)])
        return list(encode(notice for notice in notices if notice))

    def _notice(self, item: _Notification) -> Notice | None:
        integration = self._client_states.integration(item.client_state)
        if integration is None:
            return None
        if item.lifecycle_event:
            return Notice.resync(integration, resubscribe=item.lifecycle_event != "missed")
        # The path in `resource` is never used: only the id, below our own mailbox's address.
        return Notice(integration, item.message) if _is_id(item.message) else None


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MESSAGE_ID_MAX_LENGTH and text.isascii() and text.isprintable()


def _items(body: bytes) -> list[Any]:
    if len(body) > WEBHOOK_BODY_MAX_BYTES:
        raise TooLarge(f"The body is larger than {WEBHOOK_BODY_MAX_BYTES} bytes.")
    try:
        fields = _object(json.loads(body))
    except (ValueError, RecursionError):
        raise InvalidRequest("Not a Graph notification: no JSON.") from None
    items = fields.get("value")
    if not isinstance(items, list) or len(items) > MAX_NOTIFICATIONS:
        raise InvalidRequest(f"Not a Graph notification: value is no list of at most {MAX_NOTIFICATIONS}.")
    return items


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidRequest("Not a Graph notification: something is no object.")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidRequest(f"Not a Graph notification: {name} is no text.")
    return value or ""
