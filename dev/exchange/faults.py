"""Faults that can be switched on: rejected requests, lost responses, lost notifications, lag, latency."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dev.faults
from dev.faults import FaultError, seconds_of, times_of

NOTIFICATION_ACTIONS = ("lose", "duplicate", "delay", "reorder")
#: The error statuses that Graph, EWS or a server in front of them may return. Accepting and declining can fail with
#: most of them (reported in microsoft-graph-docs-contrib #8124).
STATUSES = (400, 401, 403, 404, 408, 409, 412, 429, 500, 502, 503, 504)
#: Statuses that can be returned when a message is read together with its event, even if each can be read separately.
EXPANSION_STATUSES = (400, 500)
REQUEST_ACTIONS = ("status", "crash", "latency")
#: Simulated SOAP faults. `dev.exchange.ews.strikes` describes each of them.
EWS_ACTIONS = (*REQUEST_ACTIONS, "server_busy", "soap_fault", "error", "truncate", "charset", "html", "bomb", "hang",
               "oversize", "plain_fault", "trickle")  # fmt: skip


@dataclass
class Fault(dev.faults.Fault):
    """One fault. ``on``: "notification", "event", "message", "expansion", "*", a method and a part of the path ("GET
    /messages"), or "EWS" and a part of an operation's name ("EWS GetItem").

    With "event" or "message", a read does not yet find the calendar item or the message. With "expansion", reading a
    message together with its event fails with a status.

    ``status`` is the HTTP status of the response; the action "crash" closes the connection without a response. With
    ``after_effect``, the request is carried out first. ``times`` is how many more times the fault occurs (None: until
    faults are cleared). ``seconds`` is the delay of a notification for "delay", the additional duration of each request
    for "latency", the duration of a "hang", or the time between the bytes of a "trickle". ``code`` is the error code in
    the refusal (by default, Graph's usual code for the status). ``back_off_ms`` is the wait that "server_busy" asks for
    (0: none). ``megabytes`` is the size of an "oversize" response.
    """

    code: str = ""
    back_off_ms: int = 0
    megabytes: int = 0


class Faults(dev.faults.Faults[Fault]):
    """The faults that are switched on, in order of application."""

    def __init__(self) -> None:
        super().__init__(_parsed)

    def for_notification(self) -> Fault | None:
        """The fault for the next notification, if any."""
        return self._take(lambda fault: fault.on == "notification")

    def event_lags(self) -> bool:
        """Whether a message's calendar item is not yet visible to the current read."""
        return self._take(lambda fault: fault.on == "event") is not None

    def message_lags(self) -> bool:
        """Whether a message announced by a notification is not yet visible to the current read."""
        return self._take(lambda fault: fault.on == "message") is not None

    def for_expansion(self) -> Fault | None:
        """The fault for reading a message together with its event, if any."""
        return self._take(lambda fault: fault.on == "expansion")

    def for_request(self, method: str, path: str) -> Fault | None:
        """The fault for a request, if any."""
        return self._take(lambda fault: fault.action in _AT_ONCE and fault.matches(method, path))


_AT_ONCE = frozenset(EWS_ACTIONS) - {"latency"}


def _parsed(given: Mapping[str, Any]) -> Fault:
    on = given.get("on")
    if not isinstance(on, str) or not on:
        raise FaultError('a fault must have \'on\': "notification", "event", "*", "GET /messages", "EWS GetItem"')
    action = given.get("action", "status" if "status" in given else None)
    if action not in _allowed(on):
        raise FaultError(f"the action of a fault on '{on}' must be one of {', '.join(_allowed(on))}; got {action!r}")
    statuses = EXPANSION_STATUSES if on == "expansion" else STATUSES
    if action == "status" and given.get("status") not in statuses:
        raise FaultError(f"'status' must be one of {statuses}; got {given.get('status')!r}")
    return Fault(
        on=on,
        action=action,
        status=int(given.get("status", 0)),
        retry_after=str(given["retry_after"]) if "retry_after" in given else None,
        after_effect=bool(given.get("after_effect", False)),
        times=times_of(given, action),
        seconds=seconds_of(given, 3600.0 if action == "hang" else 1.5),
        code=str(given.get("code", "ErrorInternalServerError" if _is_ews(on) else "")),
        back_off_ms=int(given.get("back_off_ms", 30_000)),
        megabytes=int(given.get("megabytes", 64)),
    )


def _is_ews(on: str) -> bool:
    return on.partition(" ")[0].upper() == "EWS"


def _allowed(on: str) -> tuple[str, ...]:
    if on == "notification":
        return NOTIFICATION_ACTIONS
    if on in ("event", "message"):
        return ("lag",)
    if on == "expansion":
        return ("status",)
    return EWS_ACTIONS if _is_ews(on) else REQUEST_ACTIONS
