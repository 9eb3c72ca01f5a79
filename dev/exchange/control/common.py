"""Functions shared by all control routes: reading requests, and rejecting them with an explanation."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from dev.exchange.drafts import DraftError
from dev.exchange.meetings import MeetingError, NoSuchMeetingError
from dev.faults import FaultError
from dev.movable_clock import ClockError

Given = dict[str, Any]


class ControlError(Exception):
    """A control request was rejected, with this HTTP status and reason."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@web.middleware
async def explain(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turn errors into responses with an explanation: {"error": "…"}."""
    try:
        answer: web.StreamResponse = await handler(request)
    except NoSuchMeetingError as error:
        return web.json_response({"error": str(error)}, status=404)
    except (DraftError, MeetingError, FaultError, ClockError) as error:
        return web.json_response({"error": str(error)}, status=400)
    except ControlError as error:
        return web.json_response({"error": str(error)}, status=error.status)
    return answer


async def document(request: web.Request) -> Given:
    """Return the JSON object in a request; raises `ControlError`."""
    try:
        given = await request.json()
    except ValueError as error:
        raise ControlError("the request body must be JSON") from error
    if not isinstance(given, dict):
        raise ControlError("the request body must be a JSON object")
    return given


def text(given: Mapping[str, Any], name: str) -> str:
    """Return a required text field; raises `ControlError`."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise ControlError(f"'{name}' is required, as text")
    return value


def address(given: Mapping[str, Any], name: str) -> str:
    """Return a required e-mail address; raises `ControlError`."""
    value = text(given, name)
    if "@" not in value:
        raise ControlError(f"'{name}' must be an e-mail address; got {value!r}")
    return value
