"""Graph's webhook with a hundred notifications in one POST, through the functions host: fresh processes included."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from uuid import uuid4

from bench.cold_import import ROOT
from bench.host import Backdrop, Host, backdrop, running_host
from bench.meter import Meter, MeteredStorage
from bench.result import Result
from bench.timing import percentile
from dev.environment import child_environment
from shared.mailboxes.watch import state_hash
from shared.mailboxes.webhook import Webhook
from shared.storage import Put, Storage
from tests.fakes.storage import MemoryStorage

NOTIFICATIONS = 100
FRESH, POSTS = 5, 40
"""More than one POST in a hundred meets a fresh process, so the 99th percentile is one of those."""
SUBSCRIPTION, STATE = str(uuid4()), "a client state of the measurement"
_FRESH = """
import time
start = time.perf_counter()
import asyncio, sys
import azure.functions as func
import function_app
from shared.composition import services

class Output:
    def set(self, messages):
        self.messages = messages

async def answer():
    output, request = Output(), func.HttpRequest("POST", "http://x/", body=sys.stdin.buffer.read())
    [function] = [f for f in function_app.app.get_functions() if f.get_function_name() == "notifications"]
    response = await function.get_user_function()(request, output)
    print(time.perf_counter() - start)
    assert response.status_code == 202 and len(output.messages) == 1
    await services().close()

asyncio.run(answer())
"""


async def measure() -> list[Result]:
    """Seconds until 202; and what it asks of storage."""
    async with backdrop() as against:
        await _subscribe(against.storage)
        fresh = [await _fresh(against) for _ in range(1 + FRESH)][1:]  # the first one writes the .pyc files
        async with running_host(against) as host:
            warm = [await _post(host) for _ in range(POSTS)]
    messages, first, later = await _storage_trips()
    note = f"a fresh process {1000 * percentile(fresh, 0.5):.0f} ms, others {1000 * percentile(warm, 0.5):.0f} ms"
    return [
        Result("webhook, 100 notifications: p99", 1000 * percentile(fresh + warm, 0.99), "ms", 300, note=note),
        Result("webhook: queue messages for 100 notifications", messages, "messages", 1),
        Result("webhook: storage reads, first POST", first, "trips", 1),
        Result("webhook: storage reads, later ones", later, "trips", 0),
    ]


async def _fresh(against: Backdrop) -> float:
    """What a process takes from its first import to the answer, without the host, which Azure keeps running."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _FRESH, cwd=ROOT, env=child_environment(**against.settings), stdin=PIPE, stdout=PIPE
    )
    output, _ = await process.communicate(_body())
    assert process.returncode == 0
    return float(output)


async def _post(host: Host) -> float:
    """One POST to a quiet host."""
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
