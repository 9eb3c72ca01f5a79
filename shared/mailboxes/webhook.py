"""Graph's notifications: believed only with their clientState, and reduced to ids (facts §3).

What is unknown or not believed is left out in silence: Graph would only repeat what it is refused, and a stranger
learns nothing.
"""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.errors import InvalidRequest
from shared.mailboxes.watch import is_state
from shared.meetings.notice import Notice, encode
from shared.storage import Storage

MAX_BODY = 1024 * 1024
"""Bytes of one POST; a notification has some 700, and Graph groups at most a few hundred."""

_REMEMBERED = 10_000


class TooLarge(InvalidRequest):
    """The body is larger than anything that Graph sends."""

    code = "too_large"


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class _ResourceData(_Model):
    id: str = ""


class _Notification(_Model):
    subscription_id: str
    client_state: str | None = None
    lifecycle_event: str | None = None
    resource_data: _ResourceData = _ResourceData()


class _Batch(_Model):
    value: list[_Notification] = Field(max_length=5000)


@dataclass(frozen=True)
class _Known:
    integration: str
    client_state: str


class Webhook:
    """Turns POSTs into queue messages. Subscriptions that were looked up once are remembered: they never change."""

    def __init__(self, storage: Storage) -> None:
        self._table = storage.table("meetings")
        self._known: dict[str, _Known] = {}

    async def receive(self, body: bytes) -> list[str]:
        """Queue messages for what a POST says; none for what is not believed.

        Change and lifecycle notifications may come mixed. Raises InvalidRequest for what no Graph sends.
        """
        batch = _parse(body)
        notices = [notice for item in batch.value if (notice := await self._notice(item))]
        return list(encode(notices))

    async def _notice(self, item: _Notification) -> Notice | None:
        known = await self._subscription(item.subscription_id)
        if known is None or not is_state(item.client_state or "", known.client_state):
            return None
        if item.lifecycle_event:
            return Notice.resync(known.integration, resubscribe=item.lifecycle_event != "missed")
        # The path in `resource` is never used: only the id in it, below our own mailbox's address.
        return Notice(known.integration, item.resource_data.id) if item.resource_data.id else None

    async def _subscription(self, subscription_id: str) -> _Known | None:
        if subscription_id not in self._known and _is_key(subscription_id):
            row = await self._table.get("subscription", subscription_id)
            if row is None:
                return None
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[subscription_id] = _Known(str(row.values["integration"]), str(row.values["client_state"]))
        return self._known.get(subscription_id)


def _is_key(subscription_id: str) -> bool:
    """Whether it could be a table key at all; Graph's are uuids."""
    return 0 < len(subscription_id) <= 64 and all(c.isalnum() or c == "-" for c in subscription_id)


def _parse(body: bytes) -> _Batch:
    if len(body) > MAX_BODY:
        raise TooLarge(f"The body is larger than {MAX_BODY} bytes.")
    try:
        return _Batch.model_validate_json(body)
    except ValidationError as error:
        raise InvalidRequest(f"Not a Graph notification: {error.error_count()} faults.") from None
