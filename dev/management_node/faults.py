"""Faults that can be switched on: refused requests, lost or truncated responses, latency."""

from collections.abc import Mapping
from typing import Any

import dev.faults
from dev.faults import Fault, FaultError, seconds_of, times_of

ACTIONS = ("status", "crash", "hang", "truncate", "html", "latency")
"""`crash` closes the connection. `hang` delays the response by `seconds`. `truncate` sends half of the response. `html`
sends a proxy's error page. `latency` adds `seconds` to each request.
"""


class Faults(dev.faults.Faults[Fault]):
    """The faults that are switched on, in order of application."""

    def __init__(self) -> None:
        super().__init__(_parsed)


def _parsed(given: Mapping[str, Any]) -> Fault:
    on, action = given.get("on"), given.get("action", "status" if "status" in given else None)
    if not isinstance(on, str) or not on:
        raise FaultError('a fault must have \'on\': "*", or a method and part of the path, such as "POST /conference"')
    if action not in ACTIONS:
        raise FaultError(
            f"a fault on '{on}' must have a status or one of these actions: {', '.join(ACTIONS)}; got {action!r}"
        )
    status = given.get("status", 0)
    if action == "status" and not (isinstance(status, int) and 300 <= status <= 599):
        raise FaultError(f"'status' must be from 300 to 599; got {status!r}")
    retry_after = given.get("retry_after")
    wait = None if retry_after is None else str(retry_after)
    return Fault(
        on,
        action,
        int(status),
        wait,
        bool(given.get("after_effect", False)),
        times_of(given, action),
        seconds_of(given, 30.0),
    )
