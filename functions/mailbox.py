"""Graph's webhooks into the queue, the queue into the processor, and the timers that watch over both."""

import logging
from typing import List  # noqa: UP035  # the worker's indexer rejects func.Out[list[str]]

import azure.functions as func

from functions.http import failure
from shared.composition import services
from shared.errors import SchedulingError
from shared.queues import MEETING_REQUESTS, QUEUES, ROUNDS

bp = func.Blueprint()
log = logging.getLogger(__name__)

STORAGE = "SchedulingStorage"
POISON, ROUNDS_POISON = QUEUES[1], QUEUES[3]
MAX_DEQUEUE_COUNT = 5
"""maxDequeueCount of host.json."""
MINUTES_STARTED = 5
"""Polls, and checks for due rooms, started by one call of their timers, a minute apart: the timers run every five
minutes. If no integration needs them, none is started, so that nothing runs every minute.
"""


async def _received(req: func.HttpRequest, queue: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006
    """Graph's handshake, or notifications; 202 is returned once the host has written the queue."""
    if (token := req.params.get("validationToken")) is not None:
        return func.HttpResponse(token, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})
    try:
        messages = services().scheduling.webhook.receive(req.get_body())
    except SchedulingError as error:
        return failure(error, logging.DEBUG)  # anybody may post here: logging each would let them flood our log
    if messages:
        queue.set(messages)
    return func.HttpResponse(status_code=202)


@bp.route("mailbox/notifications", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output("queue", MEETING_REQUESTS, STORAGE)
async def notifications(req: func.HttpRequest, queue: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006
    """Change notifications."""
    return await _received(req, queue)


@bp.route("mailbox/lifecycle", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output("queue", MEETING_REQUESTS, STORAGE)
async def lifecycle(req: func.HttpRequest, queue: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006
    """Lifecycle notifications."""
    return await _received(req, queue)


@bp.queue_trigger("message", MEETING_REQUESTS, STORAGE)
async def process(message: func.QueueMessage) -> None:
    """Handles one queue message."""
    await services().scheduling.worker.handle(
        message.get_body().decode(), last_try=(message.dequeue_count or 1) >= MAX_DEQUEUE_COUNT
    )


@bp.queue_trigger("message", POISON, STORAGE)
async def set_aside(message: func.QueueMessage) -> None:
    """Records what could not be handled, and raises an alarm."""
    await services().scheduling.worker.set_aside(message.get_body().decode())


@bp.queue_trigger("message", ROUNDS, STORAGE)
async def turns(message: func.QueueMessage) -> None:
    """Handles one message of a round started by a timer."""
    await services().scheduling.rounds.handle(
        message.get_body().decode(), last_try=(message.dequeue_count or 1) >= MAX_DEQUEUE_COUNT
    )


@bp.queue_trigger("message", ROUNDS_POISON, STORAGE)
async def turns_set_aside(message: func.QueueMessage) -> None:
    """Records a round's message that could not be handled, and raises an alert; the next round does its work."""
    services().scheduling.rounds.set_aside(message.get_body().decode())


@bp.timer_trigger("timer", "0 */5 * * * *")
async def sweep(timer: func.TimerRequest) -> None:
    """Every five minutes (sweep): what notifications have missed."""
    await services().scheduling.timers.sweep()


@bp.timer_trigger("timer", "0 */5 * * * *")
async def poll(timer: func.TimerRequest) -> None:
    """Every five minutes: starts the polls of the next five, if there are Exchanges without notifications (EWS)."""
    await services().scheduling.timers.poll(MINUTES_STARTED)


@bp.timer_trigger("timer", "0 */5 * * * *")
async def rooms(timer: func.TimerRequest) -> None:
    """Every five minutes: starts the checks of the next five for rooms due on Management Nodes, if there are any."""
    await services().scheduling.timers.rooms(MINUTES_STARTED)


@bp.timer_trigger("timer", "0 0 */6 * * *")
async def renew(timer: func.TimerRequest) -> None:
    """Every six hours: subscriptions live six days, and are renewed once a day; all of them if run by hand.

    A run by hand has no schedule status on the local host. Not confirmed in Azure: there all may wait for their day.
    """
    await services().scheduling.timers.renew(by_hand=not getattr(timer, "schedule_status", None))


@bp.timer_trigger("timer", "0 20 * * * *")
async def agenda(timer: func.TimerRequest) -> None:
    """Every hour: series are extended, finished rooms close."""
    await services().scheduling.timers.agenda()


@bp.timer_trigger("timer", "0 10 2 * * *")
async def compare(timer: func.TimerRequest) -> None:
    """Every night: calendars, and Management Nodes' lists of rooms, are compared with the records."""
    await services().scheduling.timers.compare()
    await services().conferences.compare_rooms()


@bp.timer_trigger("timer", "0 40 3 * * *")
async def cleanup(timer: func.TimerRequest) -> None:
    """Every night: old records and codes are deleted, and service accounts' sign-ins are renewed."""
    await services().scheduling.timers.cleanup()
    await services().identity.sign_in.codes.clean_up()
