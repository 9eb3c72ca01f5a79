"""Turns the results of calls to shared/ into HTTP responses, and exceptions into the right status."""

import inspect
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import azure.functions as func

from shared.errors import (
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RateLimited,
    SchedulingError,
    TooLarge,
    Unavailable,
)

log = logging.getLogger(__name__)

STATUS: dict[type[SchedulingError], int] = {
    InvalidRequest: 422,
    TooLarge: 413,
    NotAuthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    RateLimited: 429,
    Unavailable: 503,
    SchedulingError: 500,
}

_UNEXPECTED = "An unexpected error occurred. Please tell your administrator the correlation id."

MAX_TEXTS = 10_000
"""Maximum size, in bytes, of the JSON that the task pane or a sign-in page sends."""

Handler = Callable[[func.HttpRequest], Awaitable[Any]]
Endpoint = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


def status_of(error: SchedulingError) -> int:
    """The HTTP status for an error: that of its class, or of the nearest base class that has one."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> func.HttpResponse:
    """A JSON response that is never cached."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} | (headers or {})
    return func.HttpResponse(text, status_code=status, headers=headers, mimetype="application/json", charset="utf-8")


def json_endpoint(handler: Handler) -> Endpoint:
    """Respond with what `handler` returns: `{"status":"success","result":…}`, or an HttpResponse unchanged.

    An error becomes a failure, with a correlation id for finding its details in the log.
    """

    async def endpoint(req: func.HttpRequest) -> func.HttpResponse:
        try:
            result = await handler(req)
        except Exception as error:
            return failure(error)
        return (
            result if isinstance(result, func.HttpResponse) else json_response({"status": "success", "result": result})
        )

    endpoint.__name__, endpoint.__doc__ = handler.__name__, inspect.getdoc(handler)
    return endpoint


@dataclass(frozen=True)
class Failure:
    """An error in HTTP terms.

    Each endpoint formats it as its callers expect. `message` is for the caller; details are logged under
    `correlation_id`. `headers` contains Retry-After if the caller has to wait.
    """

    status: int
    code: str
    message: str
    correlation_id: str
    headers: dict[str, str]


def failure_of(error: Exception, unexpected: str = _UNEXPECTED, level: int = logging.INFO) -> Failure:
    """Log an error and return what may be disclosed to the caller.

    `unexpected` is the message for a bug, without any details. `level` is the log level for errors that we raise
    ourselves. It is below INFO for endpoints where anonymous callers can cause them at will.
    """
    from uuid import uuid4  # imports `platform`, which a cold start of the webhook does not need

    correlation_id = str(uuid4())
    if not isinstance(error, SchedulingError):
        log.error("%s: unexpected error", correlation_id, exc_info=error)
        return Failure(500, SchedulingError.code, unexpected, correlation_id, {})
    log.log(level, "%s: %s %s", correlation_id, error.code, error)
    wait = {"Retry-After": str(max(1, round(error.retry_after)))} if isinstance(error, RateLimited) else {}
    return Failure(status_of(error), error.code, str(error), correlation_id, wait)


def failure(error: Exception, level: int = logging.INFO) -> func.HttpResponse:
    """The response of a JSON endpoint to an error; see `failure_of`."""
    told = failure_of(error, level=level)
    body = {"code": told.code, "message": told.message, "correlation_id": told.correlation_id}
    return json_response({"status": "failure", "error": body}, told.status, told.headers)


def texts_of(req: func.HttpRequest, *names: str) -> list[str]:
    """Return the text fields with these names from the JSON object in the body. Raises InvalidRequest."""
    body = req.get_body()
    try:
        sent = json.loads(body) if len(body) <= MAX_TEXTS else None
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict) or not all(isinstance(sent.get(name), str) for name in names):
        raise InvalidRequest(f"Send a JSON object with the text fields {' and '.join(names)}.")
    return [sent[name] for name in names]
