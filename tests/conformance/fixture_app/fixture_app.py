"""A function app that uses every host feature that ours may use. It is hosted when PYTHON_SCRIPT_FILE_NAME names it."""

import asyncio
import json
from collections import Counter
from typing import List  # noqa: UP035 - the worker does not index Out[list[str]] (docs/facts/azure-functions.md §A1)

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

received: list[tuple[str, int]] = []
waiting: list[asyncio.Event] = []
ticks: Counter[tuple[str, bool]] = Counter()


@app.route(route="echo/{id:guid}/{name?}")
async def fixture_echo(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "url": req.url,
        "route": dict(req.route_params),
        "query": dict(req.params),
        "headers": dict(req.headers),
        "body": req.get_body().hex(),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", status_code=201)


@app.route(route="bytes", methods=["POST"])
async def fixture_bytes(req: func.HttpRequest) -> func.HttpResponse:
    headers = {"X-Seen": "yes", "Set-Cookie": "session=abc; Path=/addin; HttpOnly; Secure; SameSite=None; Max-Age=60"}
    return func.HttpResponse(req.get_body()[::-1], mimetype="application/octet-stream", headers=headers)


@app.route(route="sync/{*rest}", methods=["GET"])
def fixture_sync(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.route_params.get("rest", "nothing"))


@app.route(route="nothing")
async def fixture_nothing(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=304)


@app.route(route="held")
async def fixture_held(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ready")


@app.route(route="fails")
async def fixture_fails(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("on purpose")


@app.route(route="locked", auth_level=func.AuthLevel.FUNCTION)
async def fixture_locked(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("open")


@app.route(route="send", methods=["POST"])
@app.queue_output(arg_name="out", queue_name="%FIXTURE_QUEUE%", connection="SchedulingStorage")
async def fixture_send(req: func.HttpRequest, out: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006
    out.set(req.get_json())
    return func.HttpResponse(status_code=202)


@app.route(route="lost", methods=["POST"])
@app.queue_output(arg_name="out", queue_name="never-created", connection="SchedulingStorage")
async def fixture_lost(req: func.HttpRequest, out: func.Out[str]) -> func.HttpResponse:
    out.set("lost")
    return func.HttpResponse(status_code=202)


@app.queue_trigger(arg_name="msg", queue_name="%FIXTURE_QUEUE%", connection="SchedulingStorage")
async def fixture_receive(msg: func.QueueMessage) -> None:
    text = msg.get_body().decode()
    received.append((text, msg.dequeue_count or 0))
    if text.startswith("gate"):
        waiting.append(opened := asyncio.Event())
        await opened.wait()
    if text.startswith("bad") or (text.startswith("flaky") and msg.dequeue_count == 1):
        raise RuntimeError("on purpose")


@app.timer_trigger(arg_name="timer", schedule="0 0 */6 * * *")
async def fixture_timer(timer: func.TimerRequest) -> None:
    ticks["fixture_timer", timer.past_due] += 1


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
@app.queue_output(arg_name="out", queue_name="%FIXTURE_QUEUE%", connection="SchedulingStorage")
async def fixture_yearly(timer: func.TimerRequest, out: func.Out[str]) -> None:
    ticks["fixture_yearly", timer.past_due] += 1
    out.set("happy new year")


@app.timer_trigger(arg_name="timer", schedule="0 0 0 29 2 *")
async def fixture_broken(timer: func.TimerRequest) -> None:
    raise RuntimeError("on purpose")
