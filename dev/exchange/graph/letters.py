"""From what a client writes into `message` to a letter."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dev.exchange.graph.errors import bad_request
from dev.exchange.model import Address, Body, Letter

_RECIPIENTS = {"torecipients": "to", "ccrecipients": "cc", "bccrecipients": "bcc", "replyto": "reply_to"}


def merged(letter: Letter, given: Mapping[str, Any]) -> Letter:
    """A letter with what a client wrote into `message`, keys in lower case; raises `GraphError`."""
    found: dict[str, Any] = {ours: _addresses(given[name]) for name, ours in _RECIPIENTS.items() if name in given}
    if "subject" in given:
        found["subject"] = str(given["subject"])
    if "body" in given:
        kind, content = given["body"].get("contenttype", "text"), given["body"].get("content", "")
        found["body"] = Body(str(content), is_html=str(kind).casefold() == "html")
    if "internetmessageheaders" in given:
        found["headers"] = tuple((str(h["name"]), str(h["value"])) for h in given["internetmessageheaders"])
    return replace(letter, **found)


def _addresses(given: Any) -> tuple[Address, ...]:
    try:
        found = [item["emailaddress"] for item in given]
        return tuple(Address(str(item.get("name") or item["address"]), str(item["address"])) for item in found)
    except (KeyError, TypeError, AttributeError) as error:
        raise bad_request("At least one recipient isn't valid.", "ErrorInvalidRecipients") from error
