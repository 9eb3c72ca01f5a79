"""The demo page: an Outlook-like page around the real pane, on the local stack only.

    GET  /demo                the page
    GET  /demo/<file>         its files
    GET  /demo/exchanges      the Exchanges to choose from: [{"integration", "name", "audience", "polled"}]
    GET  /demo/pane/<uuid>    an integration's pane, with dev/demo/office.js in Office.js's place
    GET  /demo/window         how long before and after a meeting people can come in: {"before", "after"}, minutes
    GET  /demo/room?alias=    what a conferencing node would be told now: {"known", "open", "name"}
    *    /demo/exchange/…     the simulated Exchange's control routes, which live on another port

The page is one more user of the public contracts: it knows nothing that Outlook, a node or an admin would not know.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
from aiohttp import web

from dev.environment import INTEGRATION, MANAGEMENT, ONLINE, POLICY, Seed

FOLDER = Path(__file__).resolve().parent
FILES = {
    "": "text/html",
    "demo.css": "text/css",
    "demo.js": "text/javascript",
    "dom.js": "text/javascript",
    "meetings.js": "text/javascript",
    "office.js": "text/javascript",
    "outlook.js": "text/javascript",
    "time.js": "text/javascript",
}
_OFFICE_JS = re.compile(r'<script defer src="[^"]*/office\.js"></script>')


class Demo:
    """Answers requests to /demo and below. `functions` and `exchange` are base URLs of the stack's parts."""

    def __init__(
        self, functions: str, exchange: str, client: httpx.AsyncClient, seeds: Sequence[Seed] = (ONLINE,)
    ) -> None:
        self._functions = functions
        self._exchange = exchange
        self._client = client
        self._seeds = {seed.uuid: seed for seed in seeds}

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """One request. What is below /demo/exchange/ goes on to the simulated Exchange's /dev/ and nowhere else."""
        try:
            match request.method, request.path.removeprefix("/demo").strip("/").split("/"):
                case "GET", ["exchanges"]:
                    return web.json_response([self._shown(seed) for seed in self._seeds.values()])
                case "GET", ["pane", integration]:
                    return await self._pane(integration)
                case "GET", ["window"]:
                    return await self._window()
                case "GET", ["room"]:
                    return await self._room(request.rel_url.query.get("alias", ""))
                case "GET", [name] if name in FILES:
                    return _file(name, FILES[name])
                case _, ["exchange", *path] if not {".", ".."} & set(path):
                    return await self._pass_on(request, "/".join(path))
        except httpx.TransportError as error:
            return web.json_response({"error": f"A part of the stack does not answer: {error!r}"}, status=502)
        return _not_here()

    def _shown(self, seed: Seed) -> dict[str, object]:
        """An identity token's audience is the pane's address, as in Outlook."""
        audience = self._pane_of(seed.uuid)
        return {"integration": seed.uuid, "name": seed.exchange, "audience": audience, "polled": seed.by_ews}

    def _pane_of(self, integration: str) -> str:
        return f"{self._functions}/addin/{integration}/pane"

    async def _pane(self, integration: str) -> web.Response:
        """The pane as Outlook would get it, but for the one script tag. Its security policy stays in force."""
        if integration not in self._seeds:
            return _not_here()
        answer = await self._client.get(self._pane_of(integration))
        html, count = _OFFICE_JS.subn('<script defer src="/demo/office.js"></script>', answer.text)
        if count != 1:
            return web.json_response({"error": f"The pane has {count} script tags for Office.js."}, status=502)
        headers = {"Content-Security-Policy": answer.headers["Content-Security-Policy"], "Cache-Control": "no-store"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def _window(self) -> web.Response:
        """The join window, as an admin has set it for the seeded integration."""
        url = f"{self._functions}/api/admin/configuration/v1/ms_exchange_connector/"
        answer = await self._client.get(url, params={"uuid": INTEGRATION}, auth=MANAGEMENT)
        [settings] = answer.json()["objects"]
        return web.json_response(
            {"before": settings["meeting_buffer_before"], "after": settings["meeting_buffer_after"]}
        )

    async def _room(self, alias: str) -> web.Response:
        url = f"{self._functions}/policy/v1/service/configuration"
        answer = await self._client.get(url, params={"local_alias": alias}, auth=POLICY)
        body = answer.json()
        is_open = answer.status_code == HTTPStatus.OK and body["action"] == "continue"
        known = answer.status_code != HTTPStatus.NOT_FOUND
        return web.json_response({"known": known, "open": is_open, "name": body.get("result", {}).get("name", "")})

    async def _pass_on(self, request: web.BaseRequest, path: str) -> web.Response:
        query = f"?{request.query_string}" if request.query_string else ""
        url = f"{self._exchange}/dev/{path}{query}"
        answer = await self._client.request(request.method, url, content=await request.read())
        return web.Response(status=answer.status_code, body=answer.content, content_type="application/json")


@asynccontextmanager
async def demo(functions: str, exchange: str, seeds: Sequence[Seed]) -> AsyncIterator[Demo]:
    """The demo page while the context lasts. Moving the clock far runs many timers, hence the patience."""
    async with httpx.AsyncClient(trust_env=False, timeout=120) as client:
        yield Demo(functions, exchange, client, seeds)


def _not_here() -> web.Response:
    return web.json_response({"error": "The demo page is at /demo."}, status=HTTPStatus.NOT_FOUND)


def _file(name: str, content_type: str) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    text = (FOLDER / (name or "index.html")).read_text()
    return web.Response(text=text, content_type=content_type, charset="utf-8", headers=headers)
