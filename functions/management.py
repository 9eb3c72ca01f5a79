"""The management API: admins and their tools (I7)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import azure.functions as func

from functions.http import failure_of, json_response
from shared.composition import services
from shared.errors import NotAuthenticated

if TYPE_CHECKING:
    from shared.management import Answer

bp = func.Blueprint()

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

FORM_MAX_BYTES = 20_000
"""Maximum size of a form, in bytes. An assertion takes a few hundred."""

_UNEXPECTED = "An unexpected error occurred. Look up the correlation id in the log."


@bp.route("api/admin/{*path}", methods=METHODS, auth_level=func.AuthLevel.ANONYMOUS)
async def admin(req: func.HttpRequest) -> func.HttpResponse:
    """Every resource of the management API."""
    return await respond(req)


@bp.route("oauth/token", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def client_token(req: func.HttpRequest) -> func.HttpResponse:
    """An access token for an OAuth2 client of the management API; the route also accepts a trailing slash."""
    from shared.identity.client_tokens import GrantRefused

    try:
        issued = await services().identity.client_tokens.issue(_form(req), req.headers.get("X-Forwarded-For"))
    except GrantRefused as refused:
        status = 401 if refused.error == "invalid_client" else 400
        return json_response({"error": refused.error, "error_description": str(refused)}, status)
    except Exception as error:
        return _refused(error)
    return json_response(issued)


def _form(req: func.HttpRequest) -> dict[str, str]:
    """The form's fields; empty if the body is too long or not a form. Fields that occur more than once are dropped."""
    body = req.get_body()
    if len(body) > FORM_MAX_BYTES or not body.isascii():
        return {}
    found = parse_qs(body.decode(), max_num_fields=20, keep_blank_values=True)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


async def respond(req: func.HttpRequest) -> func.HttpResponse:
    """The response to an admin, in the format of the original API.

    The API is imported here, so that cold starts of other functions do not pay for it.
    """
    from shared.management import Call

    url = urlsplit(req.url)
    headers = {name.lower(): value for name, value in req.headers.items()}
    try:
        call = Call(req.method, url.path, url.query, headers, req.get_body())
        answer = await services().administration.management.answer(call)
    except Exception as error:
        return _refused(error)
    return _response(answer)


def _response(answer: Answer) -> func.HttpResponse:
    if answer.body is None:
        return func.HttpResponse(status_code=answer.status, headers=dict(answer.headers))
    return json_response(answer.body, answer.status, dict(answer.headers))


def _refused(error: Exception) -> func.HttpResponse:
    told = failure_of(error, _UNEXPECTED)
    challenge = {"WWW-Authenticate": 'Basic realm="management"'} if isinstance(error, NotAuthenticated) else {}
    body = {"error": told.message, "code": told.code, "correlation_id": told.correlation_id}
    return json_response(body, told.status, challenge | told.headers)
