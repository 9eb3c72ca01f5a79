"""Maps Graph's refusals and failures, by HTTP status and error code, to our own errors."""

import httpx

from shared.bounded_json import read_json
from shared.errors import RateLimited, SchedulingError, Unavailable
from shared.mailboxes.mailbox import NO_MAILBOX, ItemGone
from shared.retry_after import retry_after

_UNSAID_WAIT = 10.0
"""Seconds to wait after a 429 without a valid delay."""

_LATER = {401, 403, 408}
"""Statuses of refusals that may be temporary. Grants take up to two hours to reach every server (docs/facts/exchange.md
§6).
"""

_NOT_FOUND = "ResourceNotFound"  # also sent for subscriptions and other objects

TOO_LARGE = "AnswerTooLarge"
"""Our own code for a response that exceeds the limits (GRAPH_BOUNDS)."""

NO_MAILBOX_CODES = frozenset({"ErrorInvalidUser", "ErrorNonExistentMailbox", "MailboxNotEnabledForRESTAPI", _NOT_FOUND})
"""Graph's codes for an address without a mailbox, or with an on-premises mailbox, if the request was about the mailbox
itself. Not confirmed against a live tenant: that there are no other codes.
"""

MALFORMED_ID = "ErrorInvalidIdMalformed"
"""The code that Graph sends with a 400 for an id that it did not issue. Such an id was made up for a repair
(comparison.py), or stored while the mailbox used EWS.
"""

_CANCELLED = "ErrorCalendarIsCancelled"
"""The code that Graph sends if a meeting was cancelled before it was answered. It has the suffix ForAccept or
ForDecline.
"""


class GraphError(SchedulingError):
    """Graph refused a request. `status` is the HTTP status, `error_code` Graph's own code (`ErrorItemNotFound`, …)."""

    code = "graph_refused"

    def __init__(self, status: int, error_code: str) -> None:
        # Graph's own message may mention people and mailboxes, so it is dropped.
        known = error_code in NO_MAILBOX_CODES - {_NOT_FOUND}
        super().__init__(f"{NO_MAILBOX} ({error_code})" if known else f"Graph returned {status} {error_code}.")
        self.status = status
        self.error_code = error_code


class GraphItemGone(GraphError, ItemGone):
    """The object of the request is gone (404), or has changed so that the request no longer applies: a cancelled
    meeting cannot be accepted.
    """


class RefusedForNow(Unavailable):
    """Graph refused a request but may accept it later. A grant is missing, or has not reached every server yet."""

    def __init__(self, status: int, error_code: str) -> None:
        super().__init__(f"Graph returned {status} {error_code}.")
        self.status = status
        self.error_code = error_code


class ServerError(Unavailable):
    """Graph failed while handling a request. `status` is the HTTP status, 500 or above."""

    def __init__(self, status: int, error_code: str) -> None:
        super().__init__(f"Graph returned {status} {error_code}.")
        self.status = status


def failure_of(response: httpx.Response) -> SchedulingError:
    """The error for an unsuccessful response from Graph."""
    status, error_code = response.status_code, _error_code(response)
    wait = retry_after(response.headers)
    if status == 429 or (status == 503 and wait):
        return RateLimited(f"Graph asks us to wait ({error_code}).", wait or _UNSAID_WAIT)
    if status in _LATER:
        return RefusedForNow(status, error_code)
    if status >= 500:
        return ServerError(status, error_code)
    is_gone = status == 404 or error_code.startswith(_CANCELLED)
    return (GraphItemGone if is_gone else GraphError)(status, error_code)


def _error_code(response: httpx.Response) -> str:
    try:
        return str(read_json(response.content)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return "without an error code"
