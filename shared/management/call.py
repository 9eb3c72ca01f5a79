"""A request and its response, independent of any web framework."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import InvalidRequest, NotAllowed

REQUEST_BODY_MAX_BYTES = 1_000_000
"""Maximum size of a request's body in bytes. An integration whose templates have the maximum length takes 350,000."""

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
"""Content types of forms. A page can send forms to any site without a preflight request."""


@dataclass(frozen=True)
class Call:
    """A request. `path` starts after the host name, `query` is unparsed, and header names are in lower case.

    `who` is the admin's name once the admin has been authenticated.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    who: str = ""


@dataclass(frozen=True)
class Answer:
    """A response. `body` is sent as JSON; None means an empty body."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def refuse_another_site(call: Call) -> None:
    """Raise NotAllowed for a change that may have been requested by another site's page in an admin's browser.

    A browser adds the stored password to every request that a page sends here, but it also adds headers that pages
    cannot change: Sec-Fetch-Site (on https), and Origin (to every POST in current browsers). Forms are recognized by
    their content type. Tools send neither these headers nor forms.
    """
    if call.method in ("GET", "HEAD"):
        return
    site, origin = call.headers.get("sec-fetch-site", "none"), call.headers.get("origin")
    if site not in ("same-origin", "none") or not (origin is None or _is_own(origin, call)):
        raise NotAllowed("Pages on other sites may not change anything here. Use the command line or another tool.")
    if _media_type(call) in _FORMS:
        raise NotAllowed(
            "A form's content type is not accepted, because a page on another site could have sent it. Send JSON, "
            "with the header Content-Type: application/json."
        )


def _is_own(origin: str, call: Call) -> bool:
    host = origin.partition("://")[2].lower()
    return bool(host) and host == call.headers.get("host", "").lower()


def _media_type(call: Call) -> str:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()


def json_object(call: Call) -> dict[str, Any]:
    """The JSON object in a request's body. Raises InvalidRequest for any other body, and for ambiguous JSON."""
    if _media_type(call) not in ("", "application/json"):  # existing scripts do not send a content type
        raise InvalidRequest("Send JSON, with the header Content-Type: application/json.")
    if len(call.body) > REQUEST_BODY_MAX_BYTES:
        raise InvalidRequest(f"The request is longer than {REQUEST_BODY_MAX_BYTES:,} bytes.")
    try:
        value = json.loads(call.body.decode(), object_pairs_hook=_distinct, parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode()  # fails for lone surrogates, which cannot be stored
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The request is not valid JSON: {_reason(error)}") from error
    if not isinstance(value, dict):
        raise InvalidRequest('The request must be a JSON object: {"field": value, …}.')
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for index, (name, _) in enumerate(pairs) if name in dict(pairs[:index]))
        raise ValueError(f"{twice!r} is duplicated")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} in line {error.lineno}, column {error.colno}."
        case UnicodeError():
            return "it is not valid UTF-8."
        case RecursionError():
            return "it is nested too deeply."
    return f"{error}."
