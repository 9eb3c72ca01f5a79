"""Finds handlers for OData paths. `users('x')/mailFolders('inbox')/messages` and `users/x/mailFolders/inbox/messages`
are equivalent, and so are `microsoft.graph.delta` and `delta`. The case of segment names is ignored.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from aiohttp import web

from dev.exchange.graph.call import Call

Handler = Callable[[Call], Awaitable[web.Response]]

_KEYED = re.compile(r"^([\w.$]+)\((?:'(.*)')?\)$")
_CAST = "microsoft.graph.eventmessage"


@dataclass(frozen=True)
class Route:
    """A handler and its path template. Segments in braces are parameters."""

    method: str
    template: str
    handler: Handler


class Routes:
    """A list of routes; the first match is used."""

    def __init__(self, table: Mapping[str, Handler]) -> None:
        self._routes = [Route(*_two_words(line), handler) for line, handler in table.items()]

    def find(self, method: str, raw_path: str) -> tuple[Route, Mapping[str, str]] | None:
        """Find the route and parameters for a path, given as in the request line."""
        segments = _segments(raw_path)
        for route in self._routes:
            params = _fit(route.template.split("/"), segments) if route.method == method else None
            if params is not None:
                return route, params
        return None


def _two_words(line: str) -> tuple[str, str]:
    method, _, template = line.partition(" ")
    return method, template


def _segments(raw_path: str) -> list[str]:
    segments: list[str] = []
    for raw in raw_path.strip("/").split("/"):
        keyed = _KEYED.match(unquote(raw))
        if keyed:
            segments += [keyed[1]] if keyed[2] is None else [keyed[1], keyed[2].replace("''", "'")]
        else:
            segments.append(unquote(raw))
    return [
        segment if segment.casefold() == _CAST else segment.removeprefix("microsoft.graph.") for segment in segments
    ]


def _fit(template: list[str], segments: list[str]) -> Mapping[str, str] | None:
    if len(template) != len(segments):
        return None
    params = {}
    for wanted, found in zip(template, segments, strict=True):
        if wanted.startswith("{"):
            params[wanted.strip("{}")] = found
        elif wanted.casefold() != found.casefold():
            return None
    return params
