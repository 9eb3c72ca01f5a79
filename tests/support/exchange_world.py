"""A simulated Exchange that tests interact with over HTTP, as an organizer, a Graph client or a webhook."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from aiohttp import web

from dev.exchange.app import Running

Json = dict[str, Any]

ALICE, BOB, CAROL, VMR, VMR2 = (f"{name}@example.com" for name in ("alice", "bob", "carol", "vmr", "vmr2"))
IMMUTABLE = 'IdType="ImmutableId"'
EXPAND_EVENT = {"$expand": "microsoft.graph.eventMessage/event"}

WEEKLY = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["Monday"]},
    "range": {"type": "noEnd", "startDate": "2030-03-04"},
}


class ExchangeWorld:
    """A running simulated Exchange, and a client for it."""

    def __init__(self, running: Running, http: httpx.AsyncClient) -> None:
        self.running = running
        self.exchange = running.exchange
        self.http = http

    # --- Graph

    async def graph(self, method: str, path: str, *, prefer: str = IMMUTABLE, **more: Any) -> httpx.Response:
        """Send any request to a path under /v1.0."""
        headers = {"Authorization": "Bearer token", "Prefer": prefer, **more.pop("headers", {})}
        return await self.http.request(method, f"/v1.0{path}", headers=headers, **more)

    async def get(self, path: str, *, prefer: str = IMMUTABLE, **params: str) -> Json:
        """Send a GET that must succeed. A `$` is added before the names of parameters other than times and types."""
        query = {name if name.endswith(("Time", "Type")) else f"${name}": value for name, value in params.items()}
        answer = await self.graph("GET", path, params=query or None, prefer=prefer)
        assert answer.status_code == 200, answer.text
        document: Json = answer.json()
        return document

    async def folder(self, user: str = VMR, folder: str = "inbox") -> list[Json]:
        """The messages in a folder, oldest first."""
        found = await self.get(
            f"/users/{user}/mailFolders/{folder}/messages", top="100", orderby="receivedDateTime asc"
        )
        messages: list[Json] = found["value"]
        return messages

    async def newest(self, user: str = VMR, folder: str = "inbox") -> Json:
        """The newest message in a folder, with its event."""
        message = (await self.folder(user, folder))[-1]
        return await self.get(f"/users/{user}/messages/{message['id']}", expand=EXPAND_EVENT["$expand"])

    async def event(self, user: str = VMR, **params: str) -> Json:
        """The only event in a calendar."""
        found = await self.get(f"/users/{user}/events", select="id")
        assert len(found["value"]) == 1, found
        return await self.get(f"/users/{user}/events/{found['value'][0]['id']}", **params)

    async def instances(self, start: str, end: str, user: str = VMR) -> list[Json]:
        """The occurrences of the only event in a calendar."""
        master = await self.event(user)
        path = f"/users/{user}/events/{master['id']}/instances"
        found = await self.get(path, startDateTime=start, endDateTime=end, top="100")
        occurrences: list[Json] = found["value"]
        return occurrences

    async def respond(self, event: str, verb: str = "accept", user: str = VMR, **body: Any) -> None:
        """Accept, decline, tentativelyAccept."""
        answer = await self.graph("POST", f"/users/{user}/events/{event}/{verb}", json=body)
        assert answer.status_code == 202, answer.text

    # --- people in Outlook

    async def meet(self, **fields: Any) -> str:
        """Send a meeting, by default for Monday 2030-03-04 at nine in Berlin, and return its uid. None
        omits a field.
        """
        draft = {
            "organizer": ALICE,
            "subject": "Review",
            "start": "2030-03-04T09:00:00",
            "end": "2030-03-04T10:00:00",
            "time_zone": "W. Europe Standard Time",
            "body_html": "<p>Hello</p>",
            "attendees": [VMR, BOB],
            **fields,
        }
        draft = {name: value for name, value in draft.items() if value is not None}
        answer = await self.http.post("/dev/meetings", json=draft)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["uid"])

    async def edit(self, uid: str, **fields: Any) -> None:
        """Change a meeting as its organizer."""
        answer = await self.http.patch(f"/dev/meetings/{uid}", json=fields)
        assert answer.status_code == 200, answer.text

    async def cancel(self, uid: str, occurrence: str | None = None) -> None:
        """Cancel a meeting or an occurrence as its organizer."""
        params = {"occurrence": occurrence} if occurrence else None
        answer = await self.http.delete(f"/dev/meetings/{uid}", params=params)
        assert answer.status_code == 200, answer.text

    async def received(self, user: str) -> list[Json]:
        """The messages that a mailbox has received."""
        answer = await self.http.get(f"/dev/mailboxes/{user}/messages")
        messages: list[Json] = answer.json()["messages"]
        return messages

    async def post(self, path: str, body: Json | None = None) -> Json:
        """Send a control request that must succeed."""
        answer = await self.http.post(path, json=body or {})
        assert answer.status_code < 300, answer.text
        document: Json = answer.json()
        return document

    async def fault(self, **fault: Any) -> None:
        """Switch on a fault."""
        await self.post("/dev/faults", {"faults": [fault]})


class Webhook:
    """A notification endpoint that records the requests that it receives, and returns the status ``answer``."""

    def __init__(self) -> None:
        self.url = ""
        self.answer = 202
        self.echo: Callable[[str], str] = lambda token: token
        self.handshakes: list[str] = []
        self.posts: list[list[Json]] = []
        self._told = asyncio.Event()

    @property
    def notices(self) -> list[Json]:
        """All notifications, in order of arrival."""
        return [notice for post in self.posts for notice in post]

    async def until(self, enough: Callable[["Webhook"], bool], limit: float = 10.0) -> None:
        """Wait until the condition holds for the requests received by the webhook."""
        async with asyncio.timeout(limit):
            while not enough(self):
                self._told.clear()
                await self._told.wait()

    async def handle(self, request: web.Request) -> web.Response:
        """Respond to a handshake, or record notices."""
        token = request.query.get("validationToken")
        if token is not None:
            self.handshakes.append(request.path)
            return web.Response(text=self.echo(token), content_type="text/plain")
        self.posts.append((await request.json())["value"])
        self._told.set()
        return web.Response(status=self.answer)


@asynccontextmanager
async def listening_webhook() -> AsyncIterator[Webhook]:
    """A webhook on a free port."""
    webhook = Webhook()
    app = web.Application()
    app.router.add_post("/{name}", webhook.handle)
    app.router.add_post("/mailbox/{name}", webhook.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        webhook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/changes"
        yield webhook
    finally:
        await runner.cleanup()


def wanted(world: ExchangeWorld, webhook: Webhook, **fields: Any) -> dict[str, Any]:
    expires = world.exchange.clock.now() + timedelta(days=6)
    guid = world.exchange.directory.ensure(VMR).guid
    return {
        "changeType": "created",
        "notificationUrl": webhook.url,
        "resource": f"users/{guid}/messages",
        "expirationDateTime": f"{expires:%Y-%m-%dT%H:%M:%S.%f}0Z",
        "clientState": "secret",
        **fields,
    }


async def subscribe(world: ExchangeWorld, webhook: Webhook, **fields: Any) -> httpx.Response:
    return await world.graph("POST", "/subscriptions", json=wanted(world, webhook, **fields))
