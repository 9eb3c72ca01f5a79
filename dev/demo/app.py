"""The demo page: an Outlook-like page around the real pane, on the local stack only.

    GET  /demo                 the page
    GET  /demo/<file>          its files
    GET  /demo/exchanges       the Exchange servers to choose from:
                               [{"integration", "name", "audience", "polled", "mailbox"}]
    GET  /demo/overview?user=  a snapshot of everything that a user sees (overview.py), with "life": a new value after
                               each reset, "week": the progress of the week of meetings (week.py), and "node": the rooms
                               on the Management Node, or null if there is no node (node.py)
    GET  /demo/join?alias=     the policy response for an alias, and what a conferencing node does with it:
                               {"question", "status", "answer", "verdict", "name", "asks_itself"}
    POST /demo/week            create the week of meetings, unless it already exists
    POST /demo/away            {"away": true | false}: make the product unavailable, or available again
    POST /demo/reset           start over: delete everything that is stored, and reset the clock
    *    /demo/exchange/…      the simulated Exchange's control routes, which are on another port

The page only uses interfaces that are also available to Outlook, a conferencing node or an admin.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import httpx
from aiohttp import web

from dev.demo.node import NodeRooms
from dev.demo.overview import Overview
from dev.demo.records import BackEndAway, Records
from dev.demo.week import Week
from dev.environment import DEMO, POLICY, Seed
from dev.seed import Places

FOLDER = Path(__file__).resolve().parent
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
FILES = {
    "" if path.name == "index.html" else path.name: _TYPES[path.suffix]
    for path in sorted(FOLDER.iterdir())
    if path.suffix in _TYPES
}
_POLICY = "/policy/v1/service/configuration"
_AS_A_NODE = {"protocol": "webrtc", "call_direction": "dial_in", "remote_display_name": "Demo"}


class Demo:
    """Handles all requests under /demo. Meetings can be composed for the integrations in `seeds`. Calling `over`
    restarts the stack.
    """

    def __init__(
        self,
        places: Places,
        client: httpx.AsyncClient,
        seeds: Sequence[Seed] = (DEMO,),
        over: Callable[[], None] = lambda: None,
    ) -> None:
        self._places = places
        self._client = client
        self._seeds = [DEMO, *(seed for seed in seeds if seed.by_demo and seed != DEMO)]
        self._over = over
        self._life = str(uuid4())
        records = Records(client, places.functions)
        self._node = NodeRooms(client, places.node)
        self._overview = Overview(client, places.exchange, records, [*seeds, DEMO])
        self.week = Week(client, places)

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Handle a request. Requests under /demo/exchange/ are forwarded to the simulated Exchange, but only to paths
        under /dev/.
        """
        try:
            return await self._answer(request)
        except httpx.TransportError as error:
            return web.json_response({"error": f"Part of the stack is not responding: {error!r}"}, status=502)

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        query = request.rel_url.query
        match request.method, request.path.removeprefix("/demo").strip("/").split("/"):
            case "GET", ["exchanges"]:
                return web.json_response([self._shown(seed) for seed in self._seeds])
            case "GET", ["overview"]:
                return await self._look(query.get("user", ""))
            case "GET", ["join"]:
                return await self._join(query.get("alias", "").strip())
            case "GET", [name] if name in FILES:
                return _file(name, FILES[name])
            case "POST", [("week" | "away" | "reset") as what]:
                return await self._act(what, request)
            case _, ["exchange", *path] if not {".", ".."} & set(path):
                return await self._pass_on(request, "/".join(path))
        return _fault("The demo page is at /demo.", HTTPStatus.NOT_FOUND)

    async def _act(self, what: str, request: web.BaseRequest) -> web.Response:
        if what == "away":
            return await self._go_away(await request.read())
        (self.week.begin if what == "week" else self._over)()
        return web.json_response({})

    def _shown(self, seed: Seed) -> dict[str, object]:
        """An integration in the format that the page expects. As in Outlook, an identity token's audience is the pane's
        URL.
        """
        audience = f"{self._places.functions}/addin/{seed.uuid}/pane"
        return {
            "integration": seed.uuid,
            "name": seed.exchange,
            "audience": audience,
            "polled": seed.by_ews,
            "mailbox": seed.mailbox,
        }

    async def _look(self, user: str) -> web.Response:
        if "@" not in user:
            return _fault("?user= must be an e-mail address.")
        overview, node = await asyncio.gather(self._overview.of(user), self._node.shown())
        week = {**vars(self.week.progress), "over": self.week.progress.is_over}
        return web.json_response({**overview, "node": node, "life": self._life, "week": week})

    async def _join(self, alias: str) -> web.Response:
        question = httpx.URL(f"{self._places.functions}{_POLICY}", params={"local_alias": alias, **_AS_A_NODE})
        answer = await self._client.get(question, auth=POLICY)
        is_told = answer.status_code == HTTPStatus.OK
        own = "" if is_told else await self._node.dialled(alias)
        try:
            verdict = "node" if own else await self._verdict(alias, answer)
        except BackEndAway:
            verdict = "away"
        body = answer.json() if answer.headers.get("Content-Type", "").startswith("application/json") else {}
        name = body.get("result", {}).get("name", "") if isinstance(body.get("result"), dict) else ""
        shown = {"question": f"GET {question.raw_path.decode()}", "status": answer.status_code, "answer": body}
        asks_itself = self._node.is_there and not is_told
        return web.json_response({**shown, "verdict": verdict, "name": name or own, "asks_itself": asks_itself})

    async def _verdict(self, alias: str, answer: httpx.Response) -> str:
        """The result when a conferencing node has no room for the alias in its own database: open, closed, personal
        (the VMR is on the original product's node), unknown (no room anywhere), or away (no policy response).
        """
        if answer.status_code == HTTPStatus.OK:
            return "open" if answer.json()["action"] == "continue" else "closed"
        if answer.status_code != HTTPStatus.NOT_FOUND:
            return "away"
        vmrs = await self._overview.vmrs()
        return "personal" if any(alias.casefold() in map(str.casefold, vmr.aliases) for vmr in vmrs) else "unknown"

    async def _go_away(self, body: bytes) -> web.Response:
        """Make the product unavailable, or available again. When it becomes available, sweep the mailboxes, as
        a scheduled sweep does within minutes in Azure.
        """
        answer = await self._client.post(f"{self._places.functions}/dev/away", content=body)
        if answer.is_success and not answer.json()["away"]:
            await self._client.post(f"{self._places.functions}/dev/run/sweep")
        return web.Response(status=answer.status_code, body=answer.content, content_type="application/json")

    async def _pass_on(self, request: web.BaseRequest, path: str) -> web.Response:
        query = f"?{request.query_string}" if request.query_string else ""
        url = f"{self._places.exchange}/dev/{path}{query}"
        answer = await self._client.request(request.method, url, content=await request.read())
        return web.Response(status=answer.status_code, body=answer.content, content_type="application/json")


@asynccontextmanager
async def demo(places: Places, seeds: Sequence[Seed], over: Callable[[], None]) -> AsyncIterator[Demo]:
    """Serve the demo page while the context is open. The timeout is long because moving the clock far ahead runs many
    timers.
    """
    async with httpx.AsyncClient(trust_env=False, timeout=120) as client:
        page = Demo(places, client, seeds, over)
        try:
            yield page
        finally:
            await page.week.close()


def _fault(message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> web.Response:
    return web.json_response({"error": message}, status=status)


def _file(name: str, content_type: str) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    text = (FOLDER / (name or "index.html")).read_text()
    return web.Response(text=text, content_type=content_type, charset="utf-8", headers=headers)
