"""Passes Graph's notifications to the queue, and messages from the queues to their handlers."""

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


async def _received(req: func.HttpRequest, queue: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006
    """Responds to Graph's handshake or notifications. 202 is returned once the host has written to the queue."""
    if (token := req.params.get("validationToken")) is not None:
        return func.HttpResponse(token, mimetype="text/plain", headers={"X-Content-Type-Options": "nosniff"})
    try:
        messages = services().scheduling.webhook.receive(req.get_body())
    except SchedulingError as error:
        return failure(error, logging.DEBUG)  # anyone can post here and could flood our log
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
    """Records a message that could not be processed and raises an alarm."""
    await services().scheduling.poison_queue.record(message.get_body().decode())


@bp.queue_trigger("message", ROUNDS, STORAGE)
async def turns(message: func.QueueMessage) -> None:
    """Handles one message of a round started by a timer."""
    await services().scheduling.rounds.handle(
        message.get_body().decode(), last_try=(message.dequeue_count or 1) >= MAX_DEQUEUE_COUNT
    )


@bp.queue_trigger("message", ROUNDS_POISON, STORAGE)
async def turns_set_aside(message: func.QueueMessage) -> None:
    """Records a round's message that could not be processed and raises an alert. The next round repeats its work."""
    services().scheduling.poison_queue.record_round(message.get_body().decode())
