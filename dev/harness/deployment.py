"""The product with a simulated Exchange over real HTTP. Storage is in memory, so a test with many events takes
milliseconds.

The webhook is a real HTTP endpoint. Tests decide when the queue is processed. Each message gets as many attempts as in
Azure.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx

from dev.exchange.app import Running, running_exchange
from dev.harness.functions_host import FunctionsHost, running_host
from dev.harness.integration import INTEGRATION, MAILBOX, By, integration_fields
from dev.harness.node_wire import ON_NODE
from dev.harness.outages import Away, Outages
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from dev.management_node.node import Node
from dev.movable_clock import MovableClock
from shared.addin.meeting_details import details
from shared.aliases.allocation import alias_format
from shared.composition import Services
from shared.errors import SchedulingError
from shared.identity.caller import Caller
from shared.integrations import Integration
from shared.mailboxes.graph.credentials import LocalTokens
from shared.queues import MEETING_REQUESTS

ALICE = "alice@example.com"

QUIET = timedelta(minutes=20)
"""A time after which all leases have expired and all retries are due."""


@dataclass
class Deployment:
    """The product in operation: actions by organizers and Exchange, timers, and outages."""

    exchange: Running
    http: httpx.AsyncClient
    secrets: MemorySecrets
    outages: Outages
    host: FunctionsHost
    node: Node | None = None
    """The Management Node with the rooms, if the integration uses one."""

    @property
    def memory(self) -> MemoryStorage:
        """The product's storage."""
        return self.host.memory

    @property
    def services(self) -> Services:
        """The product's services. A restart replaces them."""
        return self.host.services

    # --- user actions

    async def click(self, user: str = "alice") -> Any:
        """Request an alias with joining instructions, as the add-in does. Outages do not affect the request, because
        users keep clicking until an outage is over.
        """
        away, self.outages.away = self.outages.away, set()
        try:
            integration, allocator = await self.integration(), self.services.foundation.allocator
            lifetime = timedelta(days=integration.reservation_days)
            form, caller = alias_format(integration), Caller(user, "test")
            return details(integration, await allocator.allocate(INTEGRATION, form, caller, lifetime))
        finally:
            self.outages.away = away

    async def integration(self) -> Integration:
        """The deployment's integration."""
        return await self.services.foundation.integrations.get(INTEGRATION)

    async def invite(self, start: datetime, body: str, *, length: timedelta = timedelta(hours=1), **more: Any) -> str:
        """Send an invitation from Alice. Returns the meeting's uid."""
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
        """Change one of Alice's meetings, or one occurrence of it."""
        await self.control("PATCH", f"/dev/meetings/{uid}", fields)

    async def cancel(self, uid: str, occurrence: str = "") -> None:
        """Cancel one of Alice's meetings, or one occurrence of it."""
        await self.control("DELETE", f"/dev/meetings/{uid}" + (f"?occurrence={occurrence}" if occurrence else ""))

    async def answers(self, uid: str = "", user: str = ALICE) -> list[dict[str, Any]]:
        """The responses to meetings in the organizer's mailbox, newest last."""
        messages = (await self.control("GET", f"/dev/mailboxes/{user}/messages"))["messages"]
        kinds = {"accepted", "declined", "tentative"}
        return [m for m in messages if m["kind"] in kinds and uid in ("", m["uid"])]

    async def mails(self, user: str = ALICE) -> list[dict[str, Any]]:
        """The ordinary mail in a mailbox."""
        messages = (await self.control("GET", f"/dev/mailboxes/{user}/messages"))["messages"]
        return [m for m in messages if m["kind"] == "mail"]

    async def is_open(self, alias: str) -> bool | None:
        """Whether the room is open according to external policy, or None for an unknown alias."""
        answer = await self.services.conferences.policy.service_configuration(alias)
        return None if answer is None else answer[0] == "continue"

    def calls(self) -> int:
        """The number of requests to Exchange, not counting checks for new messages."""
        return sum(n for name, n in self.exchange.exchange.traffic.requests.items() if name != "EWS SyncFolderItems")

    # --- the simulated Exchange and the queue

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call a control route of the simulated Exchange."""
        return await self._request(method, path, json=body)

    async def open_to_graph(self, *mailboxes: str) -> None:
        """Allow the application to open only these mailboxes through Graph."""
        scope = {"token": await LocalTokens().token(), "mailboxes": mailboxes}
        await self.control("PUT", "/dev/applications", scope)

    async def control_graph(self, method: str, path: str) -> Any:
        """Send a Graph request from another application."""
        url, headers = self.exchange.graph_url + path, {"Authorization": "Bearer admin"}
        return await self._request(method, url, headers=headers)

    async def _request(self, method: str, url: str, **sent: Any) -> Any:
        response = await self.http.request(method, url, **sent)
        assert response.is_success, (method, url, response.status_code, response.text)
        return response.json() if response.content else None

    async def faults(self, *faults: dict[str, Any]) -> None:
        """Switch faults on."""
        await self.control("POST", "/dev/faults", {"faults": list(faults)})

    async def clear_faults(self) -> None:
        """Switch all faults off."""
        await self.control("DELETE", "/dev/faults")

    @property
    def now(self) -> datetime:
        """The current simulated time."""
        return self.exchange.exchange.clock.now()

    async def move_to(self, when: datetime) -> None:
        """Move the clock to a given time. On a slow machine, a running clock may already have passed that time."""
        response = await self.http.post("/dev/clock", json={"now": when.isoformat()})
        assert response.is_success or self.now >= when, response.text

    async def drain(self) -> None:
        """Wait for notifications and process the queue until there is nothing left. This includes delayed messages."""
        await self.notified()
        while self.memory.queue(MEETING_REQUESTS).sent:
            await self.handle()
            await self.notified()

    async def handle(self, most: int = 1000) -> None:
        """Process the queue until it is empty."""
        await self.host.deliver_poisoned()
        for _ in range(most):
            if not self.memory.queue(MEETING_REQUESTS).sent:
                return
            self.outages.check(Away.QUEUE)
            await self.host.deliver(await self.take())
        raise AssertionError("the queue never becomes empty")

    async def notified(self) -> None:
        """Wait until notifications have been delivered, and poll mailboxes that have no notifications.

        Delayed notifications are not delivered until the clock moves.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await self.exchange.exchange.notifier.idle()
        await self.services.scheduling.timers.poll()

    async def take(self, place: int = 0) -> str:
        """Move the clock past a message's delay, and remove the message from the queue."""
        body, delay = self.memory.queue(MEETING_REQUESTS).sent.pop(place)
        if delay:
            await self.move_to(self.now + delay)
        return body

    # --- outages

    async def begin_outage(self, what: Away, fault: dict[str, Any]) -> None:
        """Make a service unavailable from now on. If it is Exchange, `fault` applies to requests to it."""
        if what is Away.EXCHANGE:
            await self.faults({**fault, "on": "*", "times": None}, {**fault, "on": "EWS ", "times": None})
        elif what is Away.TOKENS:
            # Without tokens, EWS requests fail too, because each one is authenticated.
            await self.faults({"on": "EWS ", "status": 401, "times": None})
        self.outages.away.add(what)

    def end_outages(self) -> None:
        """Make all services available again."""
        for on in ("*", "EWS "):
            self.exchange.exchange.faults.clear(on)
        self.outages.away.clear()

    async def tick(self) -> None:
        """Process the queue and run all timers. A timer that fails runs again next time."""
        with suppress(SchedulingError):
            await self.drain()
        timers, rooms = self.services.scheduling.timers, self.services.conferences.room_timer
        for timer in (timers.sweep, timers.poll, rooms.run):
            with suppress(SchedulingError):
                await timer()
        with suppress(SchedulingError):
            await self.drain()

    async def pass_time(self, span: timedelta, times: int = 6) -> None:
        """Move the clock in equal steps, and run the timers after each step."""
        for _ in range(times):
            await self.move_to(self.now + span / times)
            await self.tick()

    async def left(self) -> list[str]:
        """The keys of rows that represent unfinished work."""
        prefixes = ("pending:", "waiting:")
        table = self.memory.table("meetings")
        return [row.key async for row in table.everything() if row.key.startswith(prefixes)]

    async def settle(self, times: int = 2) -> None:
        """End all outages, and run the timers until no work is left unfinished (at least `times` times, at most ten
        times).
        """
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


@asynccontextmanager
async def deployed(
    by: By = By.GRAPH, clock: MovableClock | None = None, *, on_node: bool = False, **settings: Any
) -> AsyncIterator[Deployment]:
    """Run a deployment with one integration and watch its mailbox. `settings` are additional settings for the
    integration.

    With `on_node`, the integration's rooms are on a Management Node.
    """
    secrets, outages = MemorySecrets(), Outages(MemoryStorage())

    async def token(_: LocalTokens) -> str:
        outages.check(Away.TOKENS)
        return "local"

    with (
        patch("httpx._transports.default.create_ssl_context", _ssl_context),
        patch("httpx.create_ssl_context", _ssl_context),
        patch("shared.mailboxes.graph.credentials.LocalTokens.token", token),
    ):
        async with (
            running_exchange(clock=clock) as exchange,
            httpx.AsyncClient(base_url=exchange.base_url, timeout=30) as http,
            running_host(exchange, outages, secrets, Node(exchange.exchange.clock) if on_node else None) as host,
        ):
            deployment = Deployment(exchange, http, secrets, outages, host, host.node)
            await deployment.control("PATCH", f"/dev/mailboxes/{MAILBOX}", by.processing)
            await deployment.open_to_graph(MAILBOX)
            place = ON_NODE if on_node else {}
            services = deployment.services
            await services.foundation.integrations.create(integration_fields(exchange, by) | place | settings)
            await services.scheduling.timers.renew()
            await services.scheduling.timers.poll()
            assert [alarm async for alarm in services.foundation.alarms.of(INTEGRATION)] == []
            yield deployment


_ssl_context = cache(httpx.create_ssl_context)
"""A cached TLS context. Loading the trusted certificates takes longer than most tests, and no connection here uses TLS.
"""
