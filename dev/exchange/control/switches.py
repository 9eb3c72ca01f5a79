"""Control routes for the clock, faults, lifecycle notifications and counters."""

from datetime import datetime

import aiohttp
from aiohttp import web

from dev.exchange.control.common import ControlError, Given, document, text
from dev.exchange.graph.delta import Forgotten
from dev.exchange.state import Exchange
from dev.exchange.subscriptions import LIFECYCLE
from dev.exchange.variants import VariantError

#: The limit is generous, because the functions host runs everything that is due before it responds.
_CLOCK_LIMIT = aiohttp.ClientTimeout(total=120)


class SwitchRoutes:
    """Routes for switching faults and other behaviours on and off."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """The control routes for the clock, faults and counters."""
        return [
            web.post("/dev/faults", self.add_faults),
            web.delete("/dev/faults", self.clear_faults),
            web.get("/dev/clock", self.read_clock),
            web.post("/dev/clock", self.move_clock),
            web.post("/dev/restart", self.restart),
            web.post("/dev/lifecycle", self.lifecycle),
            web.post("/dev/delta/invalidate", self.forget_delta),
            web.patch("/dev/variants", self.change_variants),
            web.put("/dev/applications", self.scope_application),
            web.get("/dev/requests", self.traffic),
            web.delete("/dev/requests", self.reset_traffic),
        ]

    async def add_faults(self, request: web.Request) -> web.Response:
        """Switch faults on: {"faults": […]}."""
        given = await document(request)
        faults = given.get("faults")
        if not isinstance(faults, list) or not all(isinstance(fault, dict) for fault in faults):
            raise ControlError("'faults' must be a list of objects")
        for fault in faults:
            self._exchange.faults.add(fault)
        return web.json_response({})

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Switch all faults off."""
        self._exchange.faults.clear()
        return web.json_response({})

    async def change_variants(self, request: web.Request) -> web.Response:
        """Choose between Graph behaviours on which reports differ: {"uid": false, …}."""
        try:
            self._exchange.variants.change(await document(request))
        except VariantError as error:
            raise ControlError(str(error)) from error
        return web.json_response(vars(self._exchange.variants))

    async def scope_application(self, request: web.Request) -> web.Response:
        """Limit an application to the given mailboxes: {"token", "mailboxes": [address, …]}."""
        given = await document(request)
        mailboxes = given.get("mailboxes")
        if not isinstance(mailboxes, list) or not all(isinstance(address, str) for address in mailboxes):
            raise ControlError("'mailboxes' must be a list of addresses")
        self._exchange.application_scopes[text(given, "token")] = frozenset(map(str.casefold, mailboxes))
        return web.json_response({})

    async def read_clock(self, _request: web.Request) -> web.Response:
        """Return the simulated current time."""
        return web.json_response({"now": self._exchange.clock.now().isoformat()})

    async def move_clock(self, request: web.Request) -> web.Response:
        """Move the clock forward here, on the Management Node and in the functions host. Responds after all clocks have
        moved.
        """
        given = await document(request)
        try:
            when = datetime.fromisoformat(text(given, "now"))
        except ValueError as error:
            raise ControlError(f"'now' is not a time: {given['now']!r}") from error
        self._exchange.move_clock(when)
        settings = self._exchange.settings
        if settings.node_url:
            await self._tell(settings.node_url, "the Management Node", given)
        told = await self._tell(settings.functions_url, "the functions host", given)
        return web.json_response({"now": self._exchange.clock.now().isoformat(), "functions": told})

    async def restart(self, _request: web.Request) -> web.Response:
        """Restart with empty state, and with the clock set to the real time."""
        self._exchange.is_over.set()
        return web.json_response({})

    async def _tell(self, url: str, whom: str, given: Given) -> str:
        if not url:
            return "nobody to tell"
        try:
            async with (
                aiohttp.ClientSession(timeout=_CLOCK_LIMIT) as session,
                session.post(f"{url}/dev/clock", json=given) as answer,
            ):
                if answer.status >= 300:
                    raise ControlError(f"{whom} answered {answer.status}: {await answer.text()}", 502)
                return "told"
        except aiohttp.ClientConnectorError:
            return "not reachable"

    async def lifecycle(self, request: web.Request) -> web.Response:
        """Send a lifecycle notification for all subscriptions. subscriptionRemoved also removes them."""
        event = text(await document(request), "event")
        if event not in LIFECYCLE:
            raise ControlError(f"'event' must be one of {', '.join(LIFECYCLE)}")
        for subscription in self._exchange.subscriptions:
            if event == "subscriptionRemoved":
                self._exchange.subscriptions.remove(subscription.id)
            self._exchange.send_lifecycle(subscription, event)
        return web.json_response({})

    async def forget_delta(self, request: web.Request) -> web.Response:
        """Invalidate all delta tokens, and all states of SyncFolderItems.

        {"status"?, "code"?}: how the service rejects tokens. {"after"?}: the number of pages still returned before
        that. This makes a round fail in the middle.
        """
        given = await document(request)
        refusal = Forgotten(int(given.get("status", 410)), str(given.get("code", "SyncStateNotFound")))
        self._exchange.delta.forget(refusal, int(given.get("after", 0)))
        self._exchange.ews.states.forget()
        return web.json_response({})

    async def traffic(self, _request: web.Request) -> web.Response:
        """Return the number of requests since the start or the last reset. Graph requests are counted by method and
        path template, and EWS requests by "EWS" and operation.
        """
        traffic = self._exchange.traffic
        return web.json_response(
            {
                "total": traffic.requests.total(),
                "requests": dict(sorted(traffic.requests.items())),
                "throttled": traffic.throttled,
                "most_at_once": traffic.most_at_once,
            }
        )

    async def reset_traffic(self, _request: web.Request) -> web.Response:
        """Reset the request counters."""
        self._exchange.traffic.reset()
        return web.json_response({})
