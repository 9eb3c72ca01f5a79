"""Graph's notifications. They are only accepted with their clientState, and are reduced to ids (docs/facts/exchange.md
§3).

Rejected notifications are dropped silently: Graph would only send refused ones again, and attackers must not learn
anything from the response. They are parsed without pydantic, because importing it would take longer than everything
else that a cold process does before Graph gets its 202 (bench/README.md).
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from shared.errors import InvalidRequest, TooLarge
from shared.intake.notice import Notice, encode
from shared.mailboxes.client_state import ClientStates
from shared.metrics import Metric, measure

WEBHOOK_BODY_MAX_BYTES = 1024 * 1024
"""Maximum size in bytes of one POST. A notification takes about 700 bytes, and Graph sends at most a few hundred at a
time.
"""

MAX_NOTIFICATIONS = 5000

MESSAGE_ID_MAX_LENGTH = 1024
"""Maximum length of a message id, in characters. Outlook's ids are about 150 characters long."""


class Webhook:
    """Turns POSTs into queue messages."""

    def __init__(self, client_states: ClientStates) -> None:
        self._client_states = client_states

    def receive(self, body: bytes) -> list[str]:
        """The queue messages for a POST's notifications; none for rejected ones.

        Change and lifecycle notifications may be mixed. An unreadable notification does not affect the others. It is
        only counted if anything in its POST is accepted, because attackers could otherwise flood the log. Raises
        InvalidRequest if there is no list of notifications.
        """
        notices, odd, believed = list[Notice](), 0, False
        integration_of = cache(self._client_states.integration)  # Graph groups notifications of one subscription
        for item in _items(body):
            fields = item if isinstance(item, dict) else {}
            integration = integration_of(_text(fields, "clientState"))
            notice = _notice(integration, fields) if integration else None
            if notice:
                notices.append(notice)
            believed = believed or bool(integration)
            odd += notice is None and (bool(integration) or not _is_notification(item))
        if believed and odd:
            measure(Metric.ODD_NOTIFICATIONS, odd)
        return list(encode(notices))


def _notice(integration: str, fields: Mapping[str, Any]) -> Notice | None:
    """The notice for an accepted notification; None if it contains no valid message id."""
    if event := fields.get("lifecycleEvent"):
        return Notice.resync(integration, resubscribe=event != "missed")
    # Only the id is used, with the address of our own mailbox. The path in `resource` is ignored.
    data = fields.get("resourceData")
    message = _text(data, "id") if isinstance(data, dict) else ""
    return Notice(integration, message) if _is_id(message) else None


def _is_notification(item: Any) -> bool:
    """Whether a JSON value has the form of a Graph notification, regardless of its sender."""
    return isinstance(item, dict) and isinstance(item.get("clientState", ""), str | None)


def _is_id(text: str) -> bool:
    return 0 < len(text) <= MESSAGE_ID_MAX_LENGTH and text.isascii() and text.isprintable()


def _items(body: bytes) -> list[Any]:
    if len(body) > WEBHOOK_BODY_MAX_BYTES:
        raise TooLarge(f"The body is larger than {WEBHOOK_BODY_MAX_BYTES} bytes.")
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("Not a Graph notification: not JSON.") from None
    items = fields.get("value") if isinstance(fields, dict) else None
    if not isinstance(items, list) or len(items) > MAX_NOTIFICATIONS:
        raise InvalidRequest(f"Not a Graph notification: value is not a list of at most {MAX_NOTIFICATIONS}.")
    return items


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
