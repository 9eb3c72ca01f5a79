"""Resident memory of one process that has done everything the product does, including the local host's own share."""

import httpx

from bench.host import Host, backdrop, running_host
from bench.result import Result
from dev.environment import INTEGRATION, MAILBOX, MANAGEMENT, POLICY

ROUNDS = 40
TIMERS = ("sweep", "renew", "agenda", "compare", "cleanup")


async def measure() -> list[Result]:
    """Measure the memory after one round of everything and after many. Growth in between is a leak or a cache."""
    async with backdrop() as against, running_host(against) as host:
        async with httpx.AsyncClient(base_url=against.exchange_url, timeout=60) as exchange:
            start = host.resident()
            (await host.http.post("/dev/run/renew")).raise_for_status()
            await _everything(host, exchange)
            once = host.resident()
            for _ in range(ROUNDS - 1):
                await _everything(host, exchange)
            await _answered(exchange, ROUNDS)
        note = f"{start:.0f} MiB at the start, {once:.0f} after one round of everything"
        return [Result(f"memory after {ROUNDS} rounds of everything", host.resident(), "MiB", 150, note=note)]


async def _everything(host: Host, exchange: httpx.AsyncClient) -> None:
    """Do one round of everything: pages, a click, a meeting, a policy request, an admin's list, and the timers."""
    token = (await _json(exchange, "/dev/identity-token", {"user": "alice@example.com"}))["token"]
    pages = ("manifest.xml", "manifest.json", "pane", "config", "icon-80.png", "icon-32.png")
    for page in pages:
        (await host.http.get(f"/addin/{INTEGRATION}/{page}", headers={"token": token})).raise_for_status()
    route = f"/api/client/v2/msexchange_schedulers/{INTEGRATION}/meeting_details"
    room = (await host.http.get(route, headers={"token": token})).raise_for_status().json()["result"]
    await _json(exchange, "/dev/meetings", _meeting(room["instructions"]))
    for timer in TIMERS:
        (await host.http.post(f"/dev/run/{timer}")).raise_for_status()
    question = "/policy/v1/service/configuration"
    (await host.http.get(question, params={"local_alias": room["alias"]}, auth=POLICY)).raise_for_status()
    connectors = "/api/admin/configuration/v1/ms_exchange_connector/"
    (await host.http.get(connectors, auth=MANAGEMENT)).raise_for_status()


async def _answered(exchange: httpx.AsyncClient, meetings: int) -> None:
    messages = (await exchange.get("/dev/mailboxes/alice@example.com/messages")).raise_for_status().json()["messages"]
    assert sum(message["kind"] == "accepted" for message in messages) == meetings


def _meeting(body: str) -> dict[str, object]:
    return {
        "organizer": "alice@example.com",
        "subject": "Planning",
        "start": "2099-12-01T10:00:00",
        "end": "2099-12-01T11:00:00",
        "time_zone": "UTC",
        "body_html": body,
        "attendees": [MAILBOX],
    }


async def _json(client: httpx.AsyncClient, path: str, body: dict[str, object]) -> dict[str, str]:
    answer: dict[str, str] = (await client.post(path, json=body)).raise_for_status().json()
    return answer
