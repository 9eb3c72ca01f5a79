"""Graph's webhook with a hundred notifications in one POST, through the functions host: fresh processes included."""

import json
import time
from uuid import uuid4

from bench.host import Backdrop, Host, backdrop, running_host
from bench.meter import Meter, MeteredStorage
from bench.result import Result
from bench.timing import percentile
from shared.mailboxes.watch import state_hash
from shared.mailboxes.webhook import Webhook
from shared.storage import Put, Storage
from tests.fakes.storage import MemoryStorage

NOTIFICATIONS = 100
PROCESSES, POSTS = 2, 25
"""So that more than one POST in a hundred is a process's first, and the 99th percentile is one of those."""
SUBSCRIPTION, STATE = str(uuid4()), "a client state of the measurement"


async def measure() -> list[Result]:
    """Seconds until 202; and what it asks of storage."""
    first: list[float] = []
    others: list[float] = []
    async with backdrop() as against:
        await _subscribe(against.storage)
        for _ in range(PROCESSES):
            seconds = await _posts(against)
            first.append(seconds[0])
            others += seconds[1:]
    messages, cold, warm = await _storage_trips()
    note = f"first of a process {1000 * max(first):.0f} ms, median {1000 * percentile(others, 0.5):.0f} ms"
    return [
        Result("webhook, 100 notifications: p99", 1000 * percentile(first + others, 0.99), "ms", 300, note=note),
        Result("webhook: queue messages for 100 notifications", messages, "messages", 1),
        Result("webhook: storage reads, first POST", cold, "trips", 1),
        Result("webhook: storage reads, later ones", warm, "trips", 0),
    ]


async def _posts(against: Backdrop) -> list[float]:
    """What POSTs to a fresh process take, one at a time, each on a quiet host."""
    async with running_host(against) as host:
        return [await _post(host) for _ in range(POSTS)]


async def _post(host: Host) -> float:
    start = time.perf_counter()
    answer = await host.http.post("/mailbox/notifications", content=_body())
    taken = time.perf_counter() - start
    assert answer.status_code == 202, answer.text
    await host.settle()
    return taken


async def _storage_trips() -> tuple[int, int, int]:
    """Queue messages of one POST, and storage trips of a process's first and second."""
    meter = Meter()
    storage = MeteredStorage(MemoryStorage(), meter)
    await _subscribe(storage)
    webhook, counts = Webhook(storage), []
    for _ in range(2):
        meter.reset()
        messages = await webhook.receive(_body())
        counts.append(meter.total)
    return len(messages), counts[0], counts[1]


async def _subscribe(storage: Storage) -> None:
    """A subscription of an integration that is gone: what it notifies is believed, then dropped by the processor."""
    known = {"integration": str(uuid4()), "client_state": state_hash(STATE)}
    await storage.table("meetings").commit("subscription", Put(SUBSCRIPTION, known))


def _body() -> bytes:
    """Notifications about new messages, with ids as long as Outlook's (facts/graph-ews-tokens.md §3)."""
    value = [_notification(uuid4().hex.ljust(150, "A")) for _ in range(NOTIFICATIONS)]
    return json.dumps({"value": value}).encode()


def _notification(message: str) -> dict[str, object]:
    resource = f"Users/{uuid4()}/Messages/{message}"
    return {
        "subscriptionId": SUBSCRIPTION,
        "subscriptionExpirationDateTime": "2026-11-29T09:00:00.0000000Z",
        "changeType": "created",
        "resource": resource,
        "clientState": STATE,
        "tenantId": str(uuid4()),
        "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "@odata.id": resource, "id": message},
    }
