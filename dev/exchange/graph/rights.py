"""The roles that an application needs, and the errors it gets without them.

It is not documented which error Graph reports if an id is malformed and a role is missing. Here it reports the
malformed id. This error therefore does not prove that the role has been granted.
"""

from collections.abc import Mapping

from dev.exchange.graph.errors import GraphError, bad_request
from dev.exchange.graph.ids import MalformedIdError, parse

CALENDARS, MAIL, SEND, USERS = "Calendars.ReadWrite", "Mail.ReadWrite", "Mail.Send", "User.Read.All"
_SENDING = ("sendMail", "send", "reply", "replyAll")
_OF_CALENDARS = ("events", "calendar", "calendarView")


def check(withheld: frozenset[str] | set[str], template: str, params: Mapping[str, str]) -> None:
    """Raise `GraphError` if an id in a path is malformed, or if the role for the path has not been granted."""
    for name in ("message", "event"):
        try:
            parse(params.get(name, "")) if name in params else None
        except MalformedIdError as error:
            raise bad_request("Id is malformed.", "ErrorInvalidIdMalformed") from error
    role = _role(template)
    if role == USERS and role in withheld:
        # This message comes from the directory, not from Exchange.
        raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    if role in withheld:
        raise GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def _role(template: str) -> str:
    """The role that a route requires. Read roles are not distinguished from the write roles that include them."""
    segments = template.split("/")
    if template == "users/{user}":
        return USERS
    if segments[-1] in _SENDING or template.endswith("/messages/{message}/forward"):
        return SEND
    if len(segments) > 2 and segments[2] in _OF_CALENDARS:
        return CALENDARS
    return MAIL if segments[0] == "users" else ""
