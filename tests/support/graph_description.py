"""Microsoft Graph's published description (the CSDL of v1.0): the type at a path, and whether JSON matches it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any
from urllib.parse import unquote

from tests.support import ROOT

DESCRIPTION = ROOT.parent / "shared" / "data" / "graph-csdl" / "v1.0-Prod.csdl.gz"
"""Reference material next to the repository. Nothing is validated without it."""

_TOOL = ROOT.parent / "shared" / "tools" / "graph_csdl.py"
_SETS = {"users": "Collection(graph.user)", "subscriptions": "Collection(graph.subscription)", "me": "graph.user"}
_KEYED = re.compile(r"^([\w.]+)\((?:'(.*)')?\)$")
_COLLECTION = re.compile(r"^Collection\((.*)\)$")
_ANNOTATIONS = {"@odata.context", "@odata.nextLink", "@odata.deltaLink", "@odata.count"}

Json = dict[str, Any]


@dataclass(frozen=True)
class Undeclared:
    """A publicly documented case in which Graph deviates from its description."""

    pattern: str
    source: str


#: docs/facts/graph.md lists all of these exceptions, and the SDK's.
EXCEPTIONS = (
    Undeclared(
        r"\.uid: (not declared on microsoft\.graph\.event|in additional_data of Event)",
        "responses of Graph v1.0 since 2024 (microsoft-graph-docs #14880)",
    ),
    Undeclared(
        r"\.occurrenceId: (not declared on microsoft\.graph\.event|in additional_data of Event)",
        "the documentation of the event resource in Graph's beta version",
    ),
    Undeclared(
        r"\.notificationContentType: (not declared on microsoft\.graph\.s|in additional_data of S)ubscription",
        "the samples of 'Create subscription' in Graph's documentation",
    ),
    Undeclared(
        r"\.resourceData: @odata\.type #Microsoft\.Graph\.(Message|Event) unknown"
        r"|\.resourceData\.id: not declared on microsoft\.graph\.resourceData \(open type\)",
        "the samples of 'Change notifications for Outlook resources' in Graph's documentation",
    ),
    Undeclared(
        r"\.organizationId: not declared on microsoft\.graph\.changeNotification"
        r"|\.resourceData: @odata\.type  unknown",
        "the samples of 'Reduce missing subscriptions and change notifications' in Graph's documentation",
    ),
)


@cache
def model() -> Any:
    """The description, including its validation tool's checks."""
    spec = spec_from_file_location("graph_csdl", _TOOL)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(_TOOL)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.Model(DESCRIPTION)
    found.props = cache(found.props)  # called for every object in every response
    return found


@dataclass(frozen=True)
class Resource:
    """The type at a path, or an operation bound to the preceding type."""

    type: str
    operation: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def item(self) -> str:
        """The type at the path or, for a collection, the type of its members."""
        found = _COLLECTION.match(self.type)
        return found[1] if found else self.type

    @property
    def is_collection(self) -> bool:
        """Whether the path leads to a collection."""
        return self.item != self.type


class NoSuchPathError(ValueError):
    """The description has nothing at this path."""


def segments(path: str) -> list[str]:
    """A path's segments. Keys in parentheses become segments too, so `users('x')` is `users/x` and `delta()` is
    `delta`.
    """
    found: list[str] = []
    for part in path.strip("/").split("/"):
        keyed = _KEYED.match(unquote(part))
        found += [unquote(part)] if keyed is None else [keyed[1], keyed[2]] if keyed[2] is not None else [keyed[1]]
    return found


def resource(path: str) -> Resource:
    """The resource at a path under `/v1.0`, whose letter case does not matter, as in Graph. Raises
    `NoSuchPathError`.
    """
    first, *rest = segments(path)
    if first.casefold() not in _SETS:
        raise NoSuchPathError(f"no entity set {first}")
    found = Resource(_SETS[first.casefold()])
    for segment in rest:
        found = _step(found, segment)
    return found


def _step(now: Resource, segment: str) -> Resource:
    bound = _operation(now.type, segment.removeprefix("microsoft.graph."))
    if bound:
        return bound
    if now.is_collection:
        return Resource(now.item)
    if model().find(segment) is not None and model().derives(segment, now.type):
        return Resource(segment)
    properties = {name.casefold(): kind for name, (kind, *_) in (model().props(model().full(now.type)) or {}).items()}
    if segment.casefold() not in properties:
        raise NoSuchPathError(f"{now.type} has no {segment}")
    return Resource(properties[segment.casefold()])


def _operation(type_: str, name: str) -> Resource | None:
    full = f"microsoft.graph.{name}"
    for each in [*model().actions.get(full, ()), *model().functions.get(full, ())]:
        given = [(child.get("Name"), child.get("Type")) for child in each if child.tag.endswith("}Parameter")]
        if given and given[0][1] == type_:  # the first parameter is the type that the operation is bound to
            answers = [child.get("Type") for child in each if child.tag.endswith("}ReturnType")]
            return Resource(answers[0] if answers else "", name, tuple(given[1:]))
    return None


def faults_of_answer(method: str, path: str, document: Json) -> list[str]:
    """The faults in the JSON of a successful response."""
    found = resource(path)
    if method == "POST" and found.is_collection and not found.operation:
        found = Resource(found.item)
    if not found.is_collection:
        return _check(document, found.type)
    strange = set(document) - _ANNOTATIONS - {"value"}
    wrong = [f"$.{name}: not a property of a collection" for name in sorted(strange)]
    return wrong + _check(document.get("value"), found.type)


def faults_of_request(path: str, query: Mapping[str, str], document: Json | None) -> list[str]:
    """The faults in a request's query and body."""
    found = resource(path)
    wrong = [f"{option}: {name} is not declared on {found.item}" for option, name in _strangers(found.item, query)]
    if document is None:
        return wrong
    if not found.operation:
        return wrong + _check(document, found.item)
    parameters = {name.casefold(): type_ for name, type_ in found.parameters}
    for name, value in document.items():
        # Parameter names are case-insensitive: DestinationId in the description, destinationId in the documentation.
        type_ = parameters.get(name.casefold())
        wrong += _check(value, type_) if type_ else [f"$.{name}: not a parameter of {found.operation}"]
    return wrong


def faults_of_notices(document: Json) -> list[str]:
    """The faults in a request to a webhook."""
    return _check(document, "graph.changeNotificationCollection")


def _strangers(type_: str, query: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    known = set(model().props(model().full(type_)) or ())
    for option in ("$select", "$expand", "$orderby", "$filter"):
        for term in re.sub(r"\([^()]*\)", "", query.get(option, "")).split(","):
            name = term.split()[0] if term.split() else ""
            if name and not _is_path(type_, known, name):
                yield option, name


def _is_path(type_: str, known: set[str], name: str) -> bool:
    """Whether a type has a property with this name. The property may be in a derived type or a complex property."""
    first, *rest = name.split("/")
    if first in known:
        inner = model().props(model().full(type_))[first][0]
        return not rest or _is_path(inner, set(model().props(inner) or ()), "/".join(rest))
    derived = rest and model().find(first) is not None and model().derives(first, type_)
    return bool(derived) and _is_path(first, set(model().props(first)), "/".join(rest))


def _check(value: Any, type_: str) -> list[str]:
    return declared(model().check(value, type_))


def declared(faults: list[str]) -> list[str]:
    """The given faults, except those that a public source explains."""
    return [fault for fault in faults if not any(re.search(each.pattern, fault) for each in EXCEPTIONS)]
