"""ASP.NET route templates, with the features used by function routes: `a/{id:guid}/{name?}/{*rest}`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, zip_longest
from urllib.parse import unquote

from dev.host.config import HostError
from dev.host.worker import Function

# ASP.NET's guid constraint accepts every format that Guid.Parse does, but functions should not rely on rare formats.
CONSTRAINTS = {
    "": r"[^/]+",
    "guid": r"\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?",
    "int": r"-?\d{1,10}",
    "long": r"-?\d{1,19}",
    "alpha": r"[a-z]+",
    "bool": r"true|false",
    "maxlength(0)": "",
}
_PARAMETER = re.compile(r"\{(?P<star>\*)?(?P<name>\w+)(?::(?P<constraint>\w+(?:\(\d+\))?))?(?P<optional>\?)?\}")


@dataclass(frozen=True)
class Segment:
    """The part of a template between two slashes: text that may contain parameters."""

    template: str

    @property
    def is_catch_all(self) -> bool:
        """Whether the segment matches the rest of the path, including slashes."""
        return self.template.startswith("{*")

    @property
    def is_optional(self) -> bool:
        """Whether a path may end before the segment."""
        return self.template.endswith("?}") or self.is_catch_all

    @cached_property
    def pattern(self) -> str:
        """A regular expression for the segment. Raises HostError if the host would not accept the segment."""
        if set("{}") & set(_PARAMETER.sub("", self.template)):
            raise HostError(f"the route segment {self.template!r} cannot be parsed")
        out, end = "", 0
        for match in _PARAMETER.finditer(self.template):
            out += re.escape(self.template[end : match.start()]) + self._group(match)
            end = match.end()
        return out + re.escape(self.template[end:])

    @staticmethod
    def _group(match: re.Match[str]) -> str:
        constraint = match["constraint"] or ""
        if constraint not in CONSTRAINTS:
            raise HostError(f"route constraint {constraint!r} is not supported; use one of: {', '.join(CONSTRAINTS)}")
        return f"(?P<{match['name']}>{'.*' if match['star'] else CONSTRAINTS[constraint]})"


class Route:
    """The route template and methods of an HTTP function."""

    def __init__(self, function: Function, prefix: str) -> None:
        template = function.trigger.get("route") or function.name
        self.function = function
        self.methods = frozenset(method.upper() for method in function.trigger.get("methods") or ())
        self.template = f"{prefix}/{template}" if prefix else template
        if "//" in self.template or self.template.startswith("/"):
            # This is azure-functions-python-worker issue 1310.
            raise HostError(f"{function.name}: the route {self.template!r} must not have an empty segment")
        self.segments = [Segment(part) for part in self.template.split("/") if part]
        self._regex = re.compile("".join(self._parts()) + "/?", re.IGNORECASE)

    def _parts(self) -> Iterable[str]:
        for segment in self.segments:
            yield f"(?:/{segment.pattern})?" if segment.is_optional else f"/{segment.pattern}"

    def match(self, path: str) -> dict[str, str] | None:
        """The route's parameters if the path matches."""
        found = self._regex.fullmatch(path)
        return {name: value for name, value in found.groupdict().items() if value is not None} if found else None

    def overlaps(self, other: "Route") -> bool:
        """Whether a request could match both routes. Any two parameters are assumed to match the same strings."""
        if self.methods and other.methods and not self.methods & other.methods:
            return False
        for mine, theirs in zip_longest(self.segments, other.segments):
            if (mine and mine.is_catch_all) or (theirs and theirs.is_catch_all):
                return True
            if mine is None or theirs is None:
                return bool((mine or theirs).is_optional)
            if not _compatible(mine, theirs):
                return False
        return True


def _compatible(one: Segment, other: Segment) -> bool:
    if "{" in one.template and "{" in other.template:
        return True
    pattern, text = (one, other) if "{" in one.template else (other, one)
    return re.fullmatch(pattern.pattern, text.template, re.IGNORECASE) is not None


class Router:
    """Finds the route for a request. Raises HostError if two routes are ambiguous.

    Azure matches without precedence: the first registered route that matches wins, even over a more specific one.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self._by_first_segment: dict[str, list[Route]] = {}
        for one, other in combinations(routes, 2):
            if one.overlaps(other):
                raise HostError(
                    f"{one.function.name} ({one.template}) and {other.function.name} ({other.template}) "
                    "both match some requests: constrain a parameter, as in {id:guid}, or change a method"
                )
        for route in routes:
            self._by_first_segment.setdefault(self._bucket(route), []).append(route)

    @staticmethod
    def _bucket(route: Route) -> str:
        first = route.segments[0].template if route.segments else ""
        return "" if "{" in first else first.casefold()

    def find(self, method: str, raw_path: str) -> tuple[Function, dict[str, str]] | None:
        """The function and its route parameters. As in Azure, a wrong method gets 404, like an unknown path."""
        path = decode_path(raw_path)
        first = path[1:].partition("/")[0].casefold()
        for bucket in (first, "") if first else ("",):
            for route in self._by_first_segment.get(bucket, ()):
                if route.methods and method not in route.methods:
                    continue
                if (parameters := route.match(path)) is not None:
                    return route.function, parameters
        return None


def decode_path(raw_path: str) -> str:
    """A path as passed to routing by ASP.NET: decoded, except for %2F."""
    return unquote(raw_path.replace("%2F", "%252F").replace("%2f", "%252f")) if "%" in raw_path else raw_path
