"""Graph's webhook with a hundred notifications in one POST, through the functions host: fresh processes included."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from uuid import uuid4

from bench.cold_import import COMPILED, ROOT
from bench.host import Backdrop, Host, backdrop, running_host
from bench.result import Result
from bench.timing import percentile
from dev.environment import child_environment
from shared.intake.webhook import Webhook
from shared.mailboxes.client_state import ClientStates

NOTIFICATIONS = 100
FRESH, POSTS = 5, 40
"""More than one POST in a hundred meets a fresh process, so the 99th percentile is one of those."""
INTEGRATION = str(uuid4())
"""One that is gone: what is notified for it is believed, then dropped by the processor."""
LOADED_FOR_STORAGE = ("azure.data.tables", "azure.storage.queue", "aiohttp")
_FRESH = """
import time
start = time.perf_counter()
import asyncio, sys
import azure.functions as func
platform = time.perf_counter() - start
import function_app
from shared.composition import services

class Output:
    def set(self, messages):
        self.messages = messages

async def answer():
    output, request = Output(), func.HttpRequest("POST", "http://x/", body=sys.stdin.buffer.read())
    [function] = [f for f in function_app.app.get_functions() if f.get_function_name() == "notifications"]
    response = await function.get_user_function()(request, output)
    print(time.perf_counter() - start, platform)
    print(*[name for name in {libraries!r} if name in sys.modules])
    assert response.status_code == 202 and len(output.messages) == 1
    await services().close()

asyncio.run(answer())
"""


async def measure() -> list[Result]:
    """Seconds until 202; and its storage requests."""
    async with backdrop() as against:
        states = ClientStates(against.settings["TAG_SIGNING_KEY"].encode())
        body = _body(states.of(INTEGRATION))
        fresh = [await _fresh(against, body) for _ in range(1 + FRESH)][1:]  # the first one writes the .pyc files
        async with running_host(against) as host:
            warm = [await _post(host, body) for _ in range(POSTS)]
    times, platform_times, libraries = zip(*fresh, strict=True)
    whole, platform, others = (1000 * percentile(taken, 0.5) for taken in (times, platform_times, warm))
    note = f"a fresh process {whole:.0f} ms, {platform:.0f} of them for azure.functions alone; others {others:.0f} ms"
    loaded = sorted({name for names in libraries for name in names})
    return [
        Result("webhook, 100 notifications: p99", 1000 * percentile([*times, *warm], 0.99), "ms", 300, note=note),
        Result("webhook, a fresh process", whole / platform, "× azure.functions alone"),
        Result("webhook: queue messages for 100 notifications", len(Webhook(states).receive(body)), "messages", 1),
        Result("webhook: storage libraries that it waits for", len(loaded), "", 0, note=" ".join(loaded)),
    ]


async def _fresh(against: Backdrop, body: bytes) -> tuple[float, float, list[str]]:
    """Seconds from a process' first import to the response, and until azure.functions is imported; libraries loaded.

    Without the host, which Azure keeps running.
    """
    code, environment = _FRESH.format(libraries=LOADED_FOR_STORAGE), child_environment(**against.settings, **COMPILED)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE
    )
    output, _ = await process.communicate(body)
    assert process.returncode == 0
    seconds, names = output.decode().splitlines()
    whole, platform = map(float, seconds.split())
    return whole, platform, names.split()


async def _post(host: Host, body: bytes) -> float:
    """One POST to a quiet host."""
    start = time.perf_counter()
    answer = await host.http.post("/mailbox/notifications", content=body)
    taken = time.perf_counter() - start
    assert answer.status_code == 202, answer.text
    await host.settle()
    return taken


def _body(client_state: str) -> bytes:
    """Notifications about new messages, with ids as long as Outlook's (docs/facts/exchange.md §3)."""
    value = [_notification(client_state, uuid4().hex.ljust(150, "A")) for _ in range(NOTIFICATIONS)]
    return json.dumps({"value": value}).encode()


def _notification(client_state: str, message: str) -> dict[str, object]:
    resource = f"Users/{uuid4()}/Messages/{message}"
    return {
        "subscriptionId": str(uuid4()),
        "subscriptionExpirationDateTime": "2026-11-29T09:00:00.0000000Z",
        "changeType": "created",
        "resource": resource,
        "clientState": client_state,
        "tenantId": str(uuid4()),
        "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "@odata.id": resource, "id": message},
    }
