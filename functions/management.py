"""The management API: admins and their tools (I7)."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import azure.functions as func

from functions.http import json_response, retry_after, status_of
from shared.composition import services
from shared.errors import NotAuthenticated, SchedulingError

if TYPE_CHECKING:
    from shared.management import Answer

bp = func.Blueprint()
log = logging.getLogger(__name__)

_UNEXPECTED = "An unexpected error occurred; the log tells more under the correlation id."


@bp.route("api/admin/{*path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], auth_level=func.AuthLevel.ANONYMOUS)
async def admin(req: func.HttpRequest) -> func.HttpResponse:
    """Every resource of the management API."""
    return await respond(req)


async def respond(req: func.HttpRequest) -> func.HttpResponse:
    """The answer to an admin, in the form of the original API. A cold start for others does not pay for it."""
    from shared.management import Call

    url = urlsplit(req.url)
    headers = {name.lower(): value for name, value in req.headers.items()}
    try:
        answer = await services().management.answer(Call(req.method, url.path, url.query, headers, req.get_body()))
    except SchedulingError as error:
        return _refused(error)
    except Exception as error:
        return _failed(error)
    return _response(answer)


def _response(answer: Answer) -> func.HttpResponse:
    if answer.body is None:
        return func.HttpResponse(status_code=answer.status, headers=dict(answer.headers))
    return json_response(answer.body, answer.status, dict(answer.headers))


def _refused(error: SchedulingError) -> func.HttpResponse:
    correlation_id = str(uuid.uuid4())
    log.info("%s: %s %s", correlation_id, error.code, error)
    challenge = {"WWW-Authenticate": 'Basic realm="management"'} if isinstance(error, NotAuthenticated) else {}
    body = {"error": str(error), "code": error.code, "correlation_id": correlation_id}
    return json_response(body, status_of(error), challenge | retry_after(error))


def _failed(error: Exception) -> func.HttpResponse:
    """A fault of ours: nothing of it is told outside."""
    correlation_id = str(uuid.uuid4())
    log.error("%s: unexpected error", correlation_id, exc_info=error)
    return json_response({"error": _UNEXPECTED, "code": SchedulingError.code, "correlation_id": correlation_id}, 500)
