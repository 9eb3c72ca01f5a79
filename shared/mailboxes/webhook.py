"""Graph's notifications: believed only with their clientState, and reduced to ids (facts §3).

What is unknown or not believed is left out in silence: Graph would only repeat what it is refused, and a stranger
learns nothing.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.errors import InvalidRequest, TooLarge
from shared.mailboxes.watch import is_state
from shared.meetings.notice import Notice, encode
from shared.storage import Storage

MAX_BODY = 1024 * 1024
"""Bytes of one POST; a notification has some 700, and Graph groups at most a few hundred."""

MAX_ID = 1024
"""Characters of a message id; Outlook's have about 150."""

_REMEMBERED = 10_000
_AT_ONCE = 32


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class _ResourceData(_Model):
    id: str | None = None


class _Notification(_Model):
    subscription_id: str
    client_state: str | None = None
    lifecycle_event: str | None = None
    resource_data: _ResourceData | None = None


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
        items = [item for item in _parse(body).value if item.client_state]
        known = await self._subscriptions({item.subscription_id for item in items})
        notices = (_notice(item, known.get(item.subscription_id)) for item in items)
        return list(encode(notice for notice in notices if notice))

    async def _subscriptions(self, ids: Iterable[str]) -> dict[str, _Known | None]:
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(subscription_id: str) -> tuple[str, _Known | None]:
            async with room:
                return subscription_id, await self._subscription(subscription_id)

        return dict(await asyncio.gather(*map(one, ids)))

    async def _subscription(self, subscription_id: str) -> _Known | None:
        if subscription_id not in self._known:
            row = await self._table.get("subscription", subscription_id)
            if row is None:
                return None
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[subscription_id] = _Known(str(row.values["integration"]), str(row.values["client_state"]))
        return self._known.get(subscription_id)


def _notice(item: _Notification, known: _Known | None) -> Notice | None:
    if known is None or not is_state(item.client_state or "", known.client_state):
        return None
    if item.lifecycle_event:
        return Notice.resync(known.integration, resubscribe=item.lifecycle_event != "missed")
    # The path in `resource` is never used: only the id, below our own mailbox's address.
    message = (item.resource_data and item.resource_data.id) or ""
    return Notice(known.integration, message) if 0 < len(message) <= MAX_ID else None


def _parse(body: bytes) -> _Batch:
    if len(body) > MAX_BODY:
        raise TooLarge(f"The body is larger than {MAX_BODY} bytes.")
    try:
        return _Batch.model_validate_json(body)
    except ValidationError as error:
        raise InvalidRequest(f"Not a Graph notification: {error.error_count()} faults.") from None
