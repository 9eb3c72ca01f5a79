"""The product with a simulated Exchange over real HTTP; storage in memory, so that a history takes milliseconds.

The webhook is a real HTTP endpoint. The queue is handled when a test says so, with as many attempts as Azure makes.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx
from aiohttp import web

from dev.exchange.app import Running, running_exchange
from dev.exchange.visibility import ON_PREMISES
from dev.harness.node_wire import ON_NODE, wire_to
from dev.harness.outages import Away, Outages
from dev.harness.rounds import in_place
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from dev.management_node.node import Node
from dev.movable_clock import MovableClock
from shared.addin.meeting_details import details
from shared.aliases.allocation import alias_format
from shared.composition import Services
from shared.errors import SchedulingError, Unavailable
from shared.identity.caller import Caller
from shared.integrations import Integration
from shared.mailboxes.graph.credentials import LocalTokens
from shared.queues import ROUNDS
from shared.settings import Settings, StorageAccount
from shared.storage import Storage

INTEGRATION = "11111111-1111-4111-8111-111111111111"
MAILBOX = "vmr@example.com"
ALICE = "alice@example.com"
KEY = b"k" * 32
TRIES = 5
OTHER_HABITS = {
    **dict.fromkeys(("marks_drafts", "expands_views", "names_occurrences", "searches_binary"), False),
    "plain_faults": True,
}
"""How grommunio's EWS differs from Exchange; see dev/exchange/ews/state.py."""

QUIET = timedelta(minutes=20)
"""Long enough for every lease to expire and every retry to become due."""


class By(StrEnum):
    """How the equipment mailbox is reached. Nothing else in a deployment depends on it."""

    GRAPH = "Graph"
    EWS = "EWS"

    def settings(self, exchange: Running) -> dict[str, Any]:
        """The integration's settings of the connection."""
        if self is By.GRAPH:
            return {"authentication_method": "GRAPH"}
        account = {"username": "svc-vmr@example.com", "password": "local-ews"}
        return {"authentication_method": "NTLM", "url": exchange.ews_url, **account}

    @property
    def processing(self) -> dict[str, Any]:
        """How the mailbox's Exchange differs from Exchange Online."""
        return {} if self is By.GRAPH else {"visible_update_properties": ON_PREMISES}


@dataclass
class Deployment:
    """Everything that an organizer, Exchange and the timers can do to the product."""

    exchange: Running
    http: httpx.AsyncClient
    memory: MemoryStorage
    secrets: MemorySecrets
    services: Services
    webhook_url: str
    outages: Outages
    node: Node | None = None
    """The Management Node that has the rooms, if the integration is on one."""
    poisoned: list[str] = field(default_factory=list)
    """The poison queue: messages that the host has moved there and the product has not yet recorded."""

    # --- what people do

    async def click(self, user: str = "alice") -> Any:
        """An alias with joining instructions, as the add-in gets them; while storage is down, people wait for that."""
        away, self.outages.away = self.outages.away, set()
        try:
            return await self._click(user)
        finally:
            self.outages.away = away

    async def _click(self, user: str) -> Any:
        integration = await self.integration()
        booking = await self.services.foundation.allocator.allocate(
            INTEGRATION,
            alias_format(integration),
            Caller(user, "test"),
            timedelta(days=integration.reservation_days),
        )
        return details(integration, booking)

    async def integration(self) -> Integration:
        """The one integration."""
        return await self.services.foundation.integrations.get(INTEGRATION)

    async def invite(self, start: datetime, body: str, *, length: timedelta = timedelta(hours=1), **more: Any) -> str:
        """Alice sends an invitation; returns the meeting's uid."""
        meeting = {
            "organizer": ALICE,
            "subject": "Planning",
            "start": f"{start:%Y-%m-%dT%H:%M:%S}",
            "end": f"{start + length:%Y-%m-%dT%H:%M:%S}",
            "time_zone": "UTC",
            "body_html": body,
            "attendees": [MAILBOX, "bob@example.com"],
        } | more
        return str((await self.control("POST", "/dev/meetings", meeting))["uid"])

    async def change(self, uid: str, **fields: Any) -> None:
        """Alice edits a meeting, or one occurrence of it."""
        await self.control("PATCH", f"/dev/meetings/{uid}", fields)

    async def cancel(self, uid: str, occurrence: str = "") -> None:
        """Alice cancels a meeting, or one occurrence of it."""
        await self.control("DELETE", f"/dev/meetings/{uid}" + (f"?occurrence={occurrence}" if occurrence else ""))

    async def answers(self, uid: str = "", user: str = ALICE) -> list[dict[str, Any]]:
        """The responses in the organizer's mailbox, newest last."""
        messages = (await self.control("GET", f"/dev/mailboxes/{user}/messages"))["messages"]
        kinds = {"accepted", "declined", "tentative"}
        return [m for m in messages if m["kind"] in kinds and uid in ("", m["uid"])]

    async def mails(self, user: str = ALICE) -> list[dict[str, Any]]:
        """Ordinary mail in a mailbox."""
        messages = (await self.control("GET", f"/dev/mailboxes/{user}/messages"))["messages"]
        return [m for m in messages if m["kind"] == "mail"]

    async def is_open(self, alias: str) -> bool | None:
        """What a conferencing node is told: open, closed, or None for unknown."""
        answer = await self.services.conferences.policy.service_configuration(alias)
        return None if answer is None else answer[0] == "continue"

    def calls(self) -> int:
        """How many requests the mailbox got, without those that look for new messages."""
        return sum(n for name, n in self.exchange.exchange.traffic.requests.items() if name != "EWS SyncFolderItems")

    # --- what happens automatically

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """A control route of the simulated Exchange."""
        response = await self.http.request(method, path, json=body)
        assert response.is_success, (method, path, response.status_code, response.text)
        return response.json() if response.content else None

    async def open_to_graph(self, *mailboxes: str) -> None:
        """The application may open these mailboxes by Graph, and no others."""
        scope = {"token": await LocalTokens().token(), "mailboxes": mailboxes}
        await self.control("PUT", "/dev/applications", scope)

    async def control_graph(self, method: str, path: str) -> Any:
        """A Graph request from somebody else."""
        url, headers = self.exchange.graph_url + path, {"Authorization": "Bearer admin"}
        response = await self.http.request(method, url, headers=headers)
        assert response.is_success, (method, path, response.status_code, response.text)
        return response.json() if response.content else None

    async def faults(self, *faults: dict[str, Any]) -> None:
        """Switch faults on."""
        await self.control("POST", "/dev/faults", {"faults": list(faults)})

    async def clear_faults(self) -> None:
        """Switch all faults off."""
        await self.control("DELETE", "/dev/faults")

    @property
    def now(self) -> datetime:
        """The simulated present."""
        return self.exchange.exchange.clock.now()

    async def move_to(self, when: datetime) -> None:
        """Let time pass."""
        await self.control("POST", "/dev/clock", {"now": when.isoformat()})

    async def drain(self) -> None:
        """Let everything arrive and the queue be handled, until nothing is left, including waiting messages."""
        await self.notified()
        while self.memory.queue("meeting-requests").sent:
            await self.handle()
            await self.notified()

    async def handle(self, most: int = 1000) -> None:
        """Handle the queue until it is empty."""
        await self.set_aside()
        for _ in range(most):
            if not self.memory.queue("meeting-requests").sent:
                return
            self.outages.check(Away.QUEUE)
            await self.hand_out(await self.take())
        raise AssertionError("the queue never runs empty")

    async def notified(self) -> None:
        """Return once everything is in the queue: what is notified now, and what a poll finds.

        Held-back notifications wait for the clock. Only mailboxes without notifications are polled.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await self.exchange.exchange.notifier.idle()
        await self.services.scheduling.timers.poll()

    async def take(self, place: int = 0) -> str:
        """Remove a message from the queue, once its delay has passed."""
        body, delay = self.memory.queue("meeting-requests").sent.pop(place)
        if delay:
            await self.move_to(self.now + delay)
        return body

    async def hand_out(self, body: str) -> None:
        """The queue delivers a message as often as Azure does before moving it to the poison queue."""
        for attempt in range(1, TRIES + 1):
            with suppress(Exception):  # the host logs whatever it was
                await self.services.scheduling.worker.handle(body, last_try=attempt == TRIES)
                return
        self.poisoned.append(body)
        await self.set_aside()

    async def set_aside(self) -> None:
        """The poison queue delivers what it holds. What fails there stays: Azure delivers it again and again."""
        for body in list(self.poisoned):
            with suppress(SchedulingError):
                await self.services.scheduling.poison_queue.record(body)
                self.poisoned.remove(body)

    # --- outages

    async def begin_outage(self, what: Away, fault: dict[str, Any]) -> None:
        """Something is unavailable from now on; `fault` says how requests to Exchange fail meanwhile."""
        if what is Away.EXCHANGE:
            await self.faults({**fault, "on": "*", "times": None}, {**fault, "on": "EWS ", "times": None})
        elif what is Away.TOKENS:
            # Its effect by EWS, where the sign-in is part of the request.
            await self.faults({"on": "EWS ", "status": 401, "times": None})
        self.outages.away.add(what)

    def end_outages(self) -> None:
        """Everything is back."""
        for on in ("*", "EWS "):
            self.exchange.exchange.faults.clear(on)
        self.outages.away.clear()

    async def tick(self) -> None:
        """The timers run, and what is in the queue is handled; a timer that fails runs again next time."""
        with suppress(SchedulingError):
            await self.drain()
        timers, rooms = self.services.scheduling.timers, self.services.conferences.room_timer
        for timer in (timers.sweep, timers.poll, rooms.run):
            with suppress(SchedulingError):
                await timer()
        with suppress(SchedulingError):
            await self.drain()

    async def pass_time(self, span: timedelta, times: int = 6) -> None:
        """Time passes, in so many steps, and the timers run meanwhile."""
        for _ in range(times):
            await self.move_to(self.now + span / times)
            await self.tick()

    async def left(self) -> list[str]:
        """The remaining work: keys of rows."""
        prefixes = ("pending:", "waiting:")
        table = self.memory.table("meetings")
        return [row.key async for row in table.everything() if row.key.startswith(prefixes)]

    async def settle(self, times: int = 2) -> None:
        """All outages end; timers run so many times, and then until nothing is left to do."""
        self.end_outages()
        await self.clear_faults()
        for turn in range(10):
            await self.move_to(self.now + QUIET)
            await self.drain()
            await self.services.scheduling.timers.sweep()
            await self.services.conferences.room_timer.run()
            await self.drain()
            if turn + 1 >= times and not await self.left():
                return

    async def restart(self, storage: Storage | None = None) -> None:
        """The process dies and another one starts, perhaps with other storage around the same rows."""
        await self.services.close()
        self.services = _services(
            self.exchange, storage or self.outages, self.memory, self.secrets, self.webhook_url, self.node
        )


@asynccontextmanager
async def deployed(
    by: By = By.GRAPH, clock: MovableClock | None = None, *, on_node: bool = False, **settings: Any
) -> AsyncIterator[Deployment]:
    """A deployment with one integration that watches its mailbox; `settings` are the integration's.

    `on_node`: its rooms are on a Management Node.
    """
    async with (
        _replaced("httpx._transports.default.create_ssl_context", _ssl_context),
        _replaced("httpx.create_ssl_context", _ssl_context),
        running_exchange(clock=clock) as exchange,
        httpx.AsyncClient(base_url=exchange.base_url, timeout=30) as http,
    ):
        memory, secrets = MemoryStorage(), MemorySecrets()
        held: list[Deployment] = []
        outages = Outages(memory)

        async def token(_: LocalTokens) -> str:
            outages.check(Away.TOKENS)
            return "local"

        async with (
            _webhook(held) as webhook_url,
            _replaced("shared.mailboxes.graph.credentials.LocalTokens.token", token),
        ):
            node = Node(exchange.exchange.clock) if on_node else None
            services = _services(exchange, outages, memory, secrets, webhook_url, node)
            deployment = Deployment(exchange, http, memory, secrets, services, webhook_url, outages, node)
            held.append(deployment)
            try:
                await deployment.control("PATCH", f"/dev/mailboxes/{MAILBOX}", by.processing)
                await deployment.open_to_graph(MAILBOX)
                place = ON_NODE if on_node else {}
                await _create_integration(deployment, by.settings(exchange) | place | settings)
                await services.scheduling.timers.renew()
                await services.scheduling.timers.poll()
                assert [alarm async for alarm in deployment.services.foundation.alarms.of(INTEGRATION)] == []
                yield deployment
            finally:
                await deployment.services.close()


_ssl_context = cache(httpx.create_ssl_context)
"""Reading the trusted authorities takes longer than most histories, and nothing here is encrypted."""


@asynccontextmanager
async def _replaced(name: str, by: object) -> AsyncIterator[None]:
    with patch(name, by):
        yield


def _services(
    exchange: Running,
    storage: Storage,
    memory: MemoryStorage,
    secrets: MemorySecrets,
    webhook_url: str,
    node: Node | None,
) -> Services:
    settings = Settings(
        storage=StorageAccount("unused"),
        public_base_url=webhook_url,
        tag_signing_key=KEY,
        graph_base_url=exchange.graph_url,
        secrets_file="unused",
    )
    services = Services(settings, storage, secrets, exchange.exchange.clock)
    scheduling = services.scheduling
    scheduling.__dict__["rounds"] = in_place(scheduling.rounds, memory.queue(ROUNDS))
    if node:
        wire_to(node, services)
    return services


async def _create_integration(deployment: Deployment, settings: dict[str, Any]) -> None:
    fields = {
        "uuid": INTEGRATION,
        "name": "Test",
        "room_mailbox_name": "Video meeting rooms",
        "room_mailbox_email_address": MAILBOX,
        "scheduled_alias_prefix": "meet",
        "scheduled_alias_domain": "example.com",
        "addin_server_domain": "vmr.example.com",
        "domains": [{"domain": f"{deployment.exchange.base_url}/autodiscover/metadata/json/1"}],
    }
    await deployment.services.foundation.integrations.create(fields | settings)


@asynccontextmanager
async def _webhook(held: list[Deployment]) -> AsyncIterator[str]:
    """What functions/mailbox.py and functions/timers.py do, without a functions host."""

    async def receive(request: web.Request) -> web.Response:
        if "validationToken" in request.query:
            return web.Response(text=request.query["validationToken"])
        deployment = held[0]
        for message in deployment.services.scheduling.webhook.receive(await request.read()):
            try:
                await deployment.outages.queue("meeting-requests").send(message)
            except Unavailable:  # the host's output binding fails
                return web.Response(status=500)
        return web.Response(status=202)

    app = web.Application()
    app.add_routes([web.post("/mailbox/notifications", receive), web.post("/mailbox/lifecycle", receive)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
