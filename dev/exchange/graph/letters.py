"""Reads the `message` in a client's request."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from dev.exchange.graph.errors import bad_request
from dev.exchange.model import Address, Body, Letter

_RECIPIENTS = {"torecipients": "to", "ccrecipients": "cc", "bccrecipients": "bcc", "replyto": "reply_to"}


def merged(letter: Letter, given: Mapping[str, Any]) -> Letter:
    """Read a `message` with keys in lower case. Raises `GraphError`."""
    found: dict[str, Any] = {ours: addresses(given[name]) for name, ours in _RECIPIENTS.items() if name in given}
    if "subject" in given:
        found["subject"] = str(given["subject"])
    if "body" in given:
        found["body"] = body(given["body"])
    if "internetmessageheaders" in given:
        found["headers"] = tuple(_headers(given["internetmessageheaders"]))
    return replace(letter, **found)


def addresses(given: Any) -> tuple[Address, ...]:
    """Read a list of recipients or attendees with keys in lower case. Raises `GraphError`."""
    try:
        found = [item["emailaddress"] for item in given]
        return tuple(Address(str(item.get("name") or item["address"]), str(item["address"])) for item in found)
    except (KeyError, TypeError, AttributeError) as error:
        raise bad_request("At least one recipient isn't valid.", "ErrorInvalidRecipients") from error


def body(given: Any) -> Body:
    """Read an `itemBody` with keys in lower case. Raises `GraphError`."""
    if not isinstance(given, Mapping):
        raise bad_request("'body' must be an object with contentType and content.")
    kind, content = given.get("contenttype", "text"), given.get("content", "")
    return Body(str(content), is_html=str(kind).casefold() == "html")


def _headers(given: Any) -> Iterator[tuple[str, str]]:
    """Read the headers set by a client. Only custom headers are allowed; they start with `x-`."""
    for header in given if isinstance(given, list) else [given]:
        name = str(header.get("name", "")) if isinstance(header, Mapping) else ""
        if not name.casefold().startswith("x-"):
            message = f"The internet message header name '{name}' should start with 'x-' or 'X-'."
            raise bad_request(message, "InvalidInternetMessageHeader")
        yield name, str(header.get("value", ""))
