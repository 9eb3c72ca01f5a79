"""Graph's errors, and the envelope in which they are returned."""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime

from aiohttp import web


class GraphError(Exception):
    """A request was rejected, with an HTTP status, Graph's code and message, and extra headers."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    """An error with status 400."""
    return GraphError(400, code, message)


def not_found() -> GraphError:
    """The error with status 404 for a missing item."""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def throttled(retry_after: str | None) -> GraphError:
    """The error with status 429 for throttled requests."""
    headers = {"Retry-After": retry_after} if retry_after is not None else {}
    message = "Application is over its MailboxConcurrency limit."
    return GraphError(429, "ApplicationThrottled", message, headers)


_STATUS = {
    400: ("ErrorCalendarMeetingRequestIsOutOfDate", "The meeting request is out of date."),
    401: ("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
    403: ("ErrorAccessDenied", "Access is denied. Check credentials and try again."),
    404: ("ErrorItemNotFound", "The specified object was not found in the store."),
    408: ("RequestTimeout", "The request timed out."),
    409: ("ErrorIrresolvableConflict", "The send or update operation could not be performed."),
    412: ("ErrorIrresolvableConflict", "The change key passed in the request does not match the current one."),
    502: ("BadGateway", "Failed to execute backend request."),
    500: ("InternalServerError", "Error while processing response."),
    503: ("serviceNotAvailable", "The service is temporarily unavailable. Please retry after some time."),
    504: ("UnknownError", ""),
}


def with_status(status: int, retry_after: str | None, code: str = "") -> GraphError:
    """Graph's error for a status in `dev.exchange.faults.STATUSES`. ``code`` replaces the usual code."""
    if status == 429:
        return throttled(retry_after)
    usual, message = _STATUS[status]
    return GraphError(status, code or usual, message, {"Retry-After": retry_after} if retry_after is not None else {})


def error_response(error: GraphError, now: datetime) -> web.Response:
    """A response with an error in Graph's envelope."""
    request_id = str(uuid.uuid4())
    inner = {"date": f"{now:%Y-%m-%dT%H:%M:%S}", "request-id": request_id, "client-request-id": request_id}
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return web.Response(
        status=error.status,
        text=json.dumps(body),
        content_type="application/json",
        headers={**error.headers, "request-id": request_id},
    )
