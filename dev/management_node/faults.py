"""Faults that can be switched on: refused requests, work done and not confirmed, silence, half an answer, latency."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACTIONS = ("status", "crash", "hang", "truncate", "html", "latency")
"""`crash` closes the connection, `hang` says nothing for `seconds`, `truncate` gives half an answer, `html` that of a
proxy in between, `latency` adds `seconds` to each request."""


class FaultError(ValueError):
    """A fault that cannot be switched on: what is wrong with its description."""


@dataclass
class Fault:
    """One fault. `on`: "*", or a method and a part of the path ("POST /conference").

    With `after_effect` the work is done first. `times` is how often it still happens, None until faults are cleared.
    """

    on: str
    action: str
    status: int = 0
    retry_after: str | None = None
    after_effect: bool = False
    times: int | None = 1
    seconds: float = 0.0

    def matches(self, method: str, path: str) -> bool:
        """Whether it is meant for this request."""
        wanted, _, part = self.on.partition(" ")
        return self.on == "*" or (method == wanted.upper() and part.casefold() in path.casefold())


class Faults:
    """The faults that are switched on, in the order in which they strike."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, description: Mapping[str, Any]) -> None:
        """Switch a fault on; raises FaultError."""
        self._faults.append(_parsed(description))

    def clear(self) -> None:
        """Switch all off."""
        self._faults.clear()

    def for_request(self, method: str, path: str) -> Fault | None:
        """What happens to a request, if anything."""
        for fault in self._faults:
            if fault.action != "latency" and fault.matches(method, path):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times < 1:
                        self._faults.remove(fault)
                return fault
        return None

    def latency(self, method: str, path: str) -> float:
        """How long a request takes on top, in seconds."""
        return sum(each.seconds for each in self._faults if each.action == "latency" and each.matches(method, path))


def _parsed(given: Mapping[str, Any]) -> Fault:
    on, action = given.get("on"), given.get("action", "status" if "status" in given else None)
    if not isinstance(on, str) or not on:
        raise FaultError('a fault needs \'on\': "*", or a method and a part of the path, such as "POST /conference"')
    if action not in ACTIONS:
        raise FaultError(f"a fault on '{on}' needs a status, or an action of {', '.join(ACTIONS)}; got {action!r}")
    status = given.get("status", 0)
    if action == "status" and not (isinstance(status, int) and 300 <= status <= 599):
        raise FaultError(f"'status' must be from 300 to 599; got {status!r}")
    times = given.get("times", None if action == "latency" else 1)
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise FaultError(f"'times' must be a whole number of 1 or more; got {times!r}")
    try:
        seconds = float(given["ms"]) / 1000 if "ms" in given else float(given.get("seconds", 30.0))
    except (TypeError, ValueError) as error:
        raise FaultError("'ms' and 'seconds' must be numbers") from error
    retry_after = given.get("retry_after")
    wait = None if retry_after is None else str(retry_after)
    return Fault(on, action, int(status), wait, bool(given.get("after_effect", False)), times, seconds)
