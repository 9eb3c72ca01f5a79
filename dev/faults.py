"""Faults that can be switched on in a simulated service. Each service has additional kinds of faults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar


class FaultError(ValueError):
    """A fault cannot be switched on. The message says what is wrong with its description."""


@dataclass
class Fault:
    """One fault. `on`: "*", or a method and a part of the path ("POST /conference").

    `action` "status" responds with `status`. With `after_effect`, the request is carried out first. `times` is how many
    more times the fault occurs (None: until faults are cleared). `seconds` is the duration of its effect.
    """

    on: str
    action: str
    status: int = 0
    retry_after: str | None = None
    after_effect: bool = False
    times: int | None = 1
    seconds: float = 0.0

    def matches(self, method: str, path: str) -> bool:
        """Whether the fault applies to a request."""
        wanted, _, part = self.on.partition(" ")
        return self.on == "*" or (method == wanted.upper() and part.casefold() in path.casefold())


F = TypeVar("F", bound=Fault)


class Faults(Generic[F]):
    """The faults that are switched on, in order of application. `parse` reads a description."""

    def __init__(self, parse: Callable[[Mapping[str, Any]], F]) -> None:
        self._parse = parse
        self._faults: list[F] = []

    def add(self, description: Mapping[str, Any]) -> None:
        """Switch a fault on; raises `FaultError`."""
        self._faults.append(self._parse(description))

    def clear(self, on: str = "") -> None:
        """Switch all faults off, or only those for one `on`."""
        self._faults = [fault for fault in self._faults if on not in ("", fault.on)]

    def for_request(self, method: str, path: str) -> F | None:
        """The fault for a request, if any."""
        return self._take(lambda fault: fault.action != "latency" and fault.matches(method, path))

    def latency(self, method: str, path: str) -> float:
        """Additional latency of a request, in seconds."""
        slow = (fault.seconds for fault in self._faults if fault.action == "latency" and fault.matches(method, path))
        return sum(slow)

    def _take(self, wanted: Callable[[F], bool]) -> F | None:
        fault = next((fault for fault in self._faults if wanted(fault)), None)
        if fault and fault.times is not None:
            fault.times -= 1
            if fault.times < 1:
                self._faults.remove(fault)
        return fault


def times_of(given: Mapping[str, Any], action: str) -> int | None:
    """Read from a fault's description how often it occurs. Raises `FaultError`."""
    times = given.get("times", None if action == "latency" else 1)
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise FaultError(f"'times' must be a whole number of 1 or more; got {times!r}")
    return times


def seconds_of(given: Mapping[str, Any], usual: float) -> float:
    """Read from a fault's description how long its effect lasts. Raises `FaultError`."""
    try:
        return float(given["ms"]) / 1000 if "ms" in given else float(given.get("seconds", usual))
    except (TypeError, ValueError) as error:
        raise FaultError("'ms' and 'seconds' must be numbers") from error
