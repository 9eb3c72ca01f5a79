"""The time that Graph's webhook takes for a hundred notifications in one POST, in fresh processes and through the
functions host.

Both figures are ratios within one run. A fresh process's processor time is compared with that of importing
azure.functions, which Azure's worker has done before the first request. A warm process's time is compared with that of
an equally large POST with only one notification, which requires little work but also writes a message to the queue. Its
p99 is compared with that of a bare function: the host, Azurite and the measuring process share the cores, so even the
bare function's p99 is about twice its own median.
"""

import asyncio
import json
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from uuid import uuid4

from bench.cold_import import COMPILED, ROOT
from bench.host import Backdrop, Host, backdrop, running_host
from bench.result import Result
from bench.timing import WARM_UP, percentile
from dev.environment import child_environment
from shared.intake.webhook import Webhook
from shared.mailboxes.client_state import ClientStates

NOTIFICATIONS = 100
FRESH, POSTS = 9, 300

MAX_FRESH_RATIO = 1.15
MAX_WARM_RATIO = 1.5
BARE = "× a bare function"
INTEGRATION = str(uuid4())
"""A deleted integration. Its notifications are accepted at first, but dropped when they are processed."""
LOADED_FOR_STORAGE = ("azure.data.tables", "azure.storage.queue", "aiohttp")
_FRESH = """
import time
start, used = time.perf_counter(), time.process_time()
import asyncio, sys
import azure.functions as func
platform = time.process_time() - used
import function_app
from shared.composition import services

class Output:
    def set(self, messages):
        self.messages = messages

async def answer():
    output, request = Output(), func.HttpRequest("POST", "http://x/", body=sys.stdin.buffer.read())
    [function] = [f for f in function_app.app.get_functions() if f.get_function_name() == "notifications"]
    response = await function.get_user_function()(request, output)
    print(time.perf_counter() - start, time.process_time() - used, platform)
    print(*[name for name in {libraries!r} if name in sys.modules])
    assert response.status_code == 202 and len(output.messages) == 1
    await services().close()

asyncio.run(answer())
"""


async def measure() -> list[Result]:
    """Measure how much longer the 202 takes than just importing azure.functions, and which storage libraries are
    loaded.
    """
    async with backdrop() as against:
        states = ClientStates(against.settings["TAG_SIGNING_KEY"].encode())
        body = _body(states.of(INTEGRATION), NOTIFICATIONS)
        bare = _body(states.of(INTEGRATION), 1).ljust(len(body))
        fresh = [await _fresh(against, body) for _ in range(1 + FRESH)][1:]  # the first process writes the .pyc files
        async with running_host(against) as host:
            warm, usual = await _taking_turns(host, body, bare)
    whole, used, platform = (statistics.median(taken) for taken in zip(*(each.seconds for each in fresh), strict=True))
    loaded = sorted({name for each in fresh for name in each.libraries})
    note = f"{1000 * used:.0f} against {1000 * platform:.0f} ms of processor time; {1000 * whole:.0f} ms until 202"
    slow, bare_slow = percentile(warm, 0.99), percentile(usual, 0.99)
    middle, bare_middle = statistics.median(warm), statistics.median(usual)
    own = f"the bare function's p99: {bare_slow / bare_middle:.2f}"
    return [
        Result("webhook, a fresh process", used / platform, "× azure.functions alone", MAX_FRESH_RATIO, note=note),
        Result("webhook, warm: median", middle / bare_middle, BARE, MAX_WARM_RATIO, note=_times(middle, bare_middle)),
        Result("webhook, warm: p99", slow / bare_slow, f"{BARE}'s p99", MAX_WARM_RATIO, note=_times(slow, bare_slow)),
        Result("the same", slow / bare_middle, f"{BARE}'s median", note=own),
        Result("webhook: queue messages for 100 notifications", len(Webhook(states).receive(body)), "messages", 1),
        Result("webhook: storage libraries that it loads", len(loaded), "", 0, note=" ".join(loaded)),
    ]


def _times(ours: float, bare: float) -> str:
    return f"{1000 * ours:.1f} against {1000 * bare:.1f} ms"


async def _taking_turns(host: Host, *bodies: bytes) -> list[list[float]]:
    """The seconds that the POSTs with each body take."""
    taken: list[list[float]] = [[] for _ in bodies]
    for turn in range(WARM_UP + POSTS):
        for body, seconds in zip(bodies, taken, strict=True):
            took = await _post(host, body)
            if turn >= WARM_UP:
                seconds.append(took)
    return taken


@dataclass(frozen=True)
class _Fresh:
    """The figures for a fresh process: seconds until 202, processor time until 202, and processor time until
    azure.functions was imported.
    """

    seconds: tuple[float, float, float]
    libraries: list[str]


async def _fresh(against: Backdrop, body: bytes) -> _Fresh:
    """Run a process from its first import to the response. The host is left out, because Azure keeps it running."""
    code, environment = _FRESH.format(libraries=LOADED_FOR_STORAGE), child_environment(**against.settings, **COMPILED)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE
    )
    output, _ = await process.communicate(body)
    assert process.returncode == 0
    seconds, names = output.decode().splitlines()
    whole, used, platform = map(float, seconds.split())
    return _Fresh((whole, used, platform), names.split())


async def _post(host: Host, body: bytes) -> float:
    """Send one POST to an idle host."""
    start = time.perf_counter()
    answer = await host.http.post("/mailbox/notifications", content=body)
    taken = time.perf_counter() - start
    assert answer.status_code == 202, answer.text
    await host.settle()
    return taken


def _body(client_state: str, count: int) -> bytes:
    """The body of a POST with `count` notifications about new messages, with ids as long as Outlook's
    (docs/facts/exchange.md §3).
    """
    value = [_notification(client_state, uuid4().hex.ljust(150, "A")) for _ in range(count)]
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
