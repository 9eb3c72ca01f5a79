"""The management API. It turns a request to the node into a response like Tastypie's, without an HTTP library."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dev.management_node.auth import TOKEN_PATH
from dev.management_node.model import CONFIGURATION, RESOURCES, STATUS, Fields, Resource, uri_of
from dev.management_node.node import Node
from dev.management_node.store import Missing, Refused

MAX_PAGE = 10_000
DEFAULT_PAGE = 20


@dataclass(frozen=True)
class Request:
    """A request to the node. `headers` are keyed by lower-case name. `origin` is the scheme and host used by the
    client.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    origin: str = ""


@dataclass(frozen=True)
class Answer:
    """A response from the node. It is empty if `body` is None."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Api:
    """Responds to requests, using a node's database."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def answer(self, request: Request) -> Answer:
        """Handle a request. The caller applies faults."""
        target = request.path + (f"?{request.query}" if request.query else "")
        if not self._node.takes(request.method, target):
            return Answer(429, headers={"Retry-After": "60"} if self._node.variants.retry_after else {})
        if request.path == TOKEN_PATH:
            form = dict(parse_qsl(request.body.decode()))
            return Answer(*self._node.auth.token(form, f"{request.origin}{TOKEN_PATH}"))
        if not self._node.auth.allows(request.headers.get("authorization", "")):
            return Answer(401, headers={"WWW-Authenticate": 'Basic realm="Pexip"'})
        try:
            return self._routed(request)
        except Refused as refused:
            if self._node.variants.clash_is_error and "already exists" in str(refused):
                return Answer(500)
            wrapped = {refused.resource: refused.faults}
            return Answer(400, wrapped if self._node.variants.wrapped_faults else refused.faults)
        except Missing as missing:
            return Answer(400, {"error": f"Could not find the provided object via resource URI '{missing.uri}'."})
        except ValueError as error:
            return Answer(400, {"error": str(error)})

    def _routed(self, request: Request) -> Answer:
        if request.path == f"{STATUS}management_vm/" and request.method == "GET":
            return self._status()
        if not request.path.startswith(CONFIGURATION):
            return Answer(404)
        name, *rest = request.path.removeprefix(CONFIGURATION).rstrip("/").split("/")
        resource = RESOURCES.get(name)
        if resource is None or len(rest) > 1 or (rest and not rest[0].isdecimal()):
            return Answer(404)
        if not request.path.endswith("/"):
            return Answer(301, headers={"Location": f"{request.path}/"})
        answer = self._one(resource, int(rest[0]), request) if rest else self._all(resource, request)
        if request.method != "GET":
            self._node.changed()
        return answer

    def _status(self) -> Answer:
        vm = {"id": 1, "name": "manager", "version": self._node.version, "primary": True}
        return Answer(200, {"meta": _meta(20, 0, 1, "", {}), "objects": [vm]})

    def _one(self, resource: Resource, id_: int, request: Request) -> Answer:
        if self._node.store.get(resource.name, id_) is None:
            return Answer(404)
        match request.method:
            case "GET":
                return Answer(200, self._node.store.shown(resource.name, id_))
            case "PUT" | "PATCH":
                given = _object(request.body)
                if request.method == "PUT":
                    given = dict(resource.defaults) | given
                self._node.store.change(resource, id_, given, self._node.clock.now())
                shown = self._node.variants.shows_changed
                return Answer(202, self._node.store.shown(resource.name, id_)) if shown else Answer(204)
            case "DELETE":
                self._node.store.delete(resource, id_)
                return Answer(204)
        return Answer(405)

    def _all(self, resource: Resource, request: Request) -> Answer:
        match request.method:
            case "GET":
                return self._list(resource, dict(parse_qsl(request.query, keep_blank_values=True)))
            case "POST":
                id_ = _created(self._node, resource, _object(request.body))
                host = request.origin if self._node.variants.absolute_location else ""
                return Answer(201, headers={"Location": host + uri_of(resource.name, id_)})
            case "PATCH":
                return self._bulk(resource, _object(request.body))
            case "DELETE":  # DELETE of a list deletes all objects, as on a real node
                for id_ in list(self._node.store.all(resource.name)):
                    self._node.store.delete(resource, id_)
                return Answer(204)
        return Answer(405)

    def _bulk(self, resource: Resource, given: Fields) -> Answer:
        """Handle a bulk request: change objects with a `resource_uri`, create the other objects, and then delete
        `deleted_objects`.
        """
        if not isinstance(given.get("objects"), list):
            raise ValueError("Invalid data sent.")
        store, before = self._node.store, self._node.store.copied()
        try:
            for each in given["objects"]:
                self._take(resource, each)
        except (Refused, Missing):
            if self._node.variants.bulk_is_atomic:
                store.put_back(before)
            self._node.changed()
            raise
        deleted = [store.referred(resource.name, uri) for uri in given.get("deleted_objects", [])]
        if not all(deleted):  # a variant decides whether the objects before a missing object are deleted
            known = deleted[: deleted.index(0)]
            for id_ in [] if self._node.variants.bulk_is_atomic else known:
                store.delete(resource, id_)
            return Answer(404)
        for id_ in deleted:
            store.delete(resource, id_)
        return Answer(202)

    def _take(self, resource: Resource, given: Fields) -> None:
        """Change or create one object in a bulk request. Raises Refused, Missing."""
        store = self._node.store
        if id_ := store.referred(resource.name, given.get("resource_uri", "")):
            store.change(resource, id_, given, self._node.clock.now())
        else:
            _created(self._node, resource, given)

    def _list(self, resource: Resource, query: dict[str, str]) -> Answer:
        limit = min(int(query.get("limit", DEFAULT_PAGE)) or MAX_PAGE, MAX_PAGE)
        offset = int(query.get("offset", 0))
        found = list(self._matching(resource, query))
        page = [self._node.store.shown(resource.name, id_) for id_ in found[offset : offset + limit]]
        path = f"{CONFIGURATION}{resource.name}/"
        return Answer(200, {"meta": _meta(limit, offset, len(found), path, query), "objects": page})

    def _matching(self, resource: Resource, query: dict[str, str]) -> Iterator[int]:
        """Filter objects. Filters on unknown fields are ignored, as in Tastypie."""
        wanted = []
        for name, value in query.items():
            field_name, _, operator = name.partition("__")
            if field_name in resource.defaults and field_name not in ("aliases", *resource.references):
                if operator == "in" and not self._node.variants.knows_in:
                    raise ValueError(f"'in' is not an allowed filter on the '{field_name}' field.")
                if operator and operator not in _LOOKUPS:
                    raise ValueError(f"'{operator}' is not an allowed filter on the '{field_name}' field.")
                wanted.append((field_name, operator or "exact", value))
        for id_ in self._node.store.all(resource.name):
            fields = self._node.store.objects[resource.name][id_]
            if all(_LOOKUPS[operator](str(fields[name]), value) for name, operator, value in wanted):
                yield id_


def _created(node: Node, resource: Resource, given: Fields) -> int:
    """Create an object and return its id. Raises Refused, Missing. If an alias is refused, the conference may exist
    without it.
    """
    now = node.clock.now()
    try:
        return node.store.create(resource, given, now)
    except Refused as refused:
        if refused.resource != resource.name and not node.variants.nested_is_atomic:
            node.store.create(resource, {**given, "aliases": []}, now)
            node.changed()
        raise


_LOOKUPS: Mapping[str, Callable[[str, str], bool]] = {
    "exact": lambda value, wanted: value == wanted,
    "iexact": lambda value, wanted: value.casefold() == wanted.casefold(),
    "in": lambda value, wanted: value in wanted.split(","),
    "contains": lambda value, wanted: wanted in value,
    "icontains": lambda value, wanted: wanted.casefold() in value.casefold(),
    "startswith": lambda value, wanted: value.startswith(wanted),
    "istartswith": lambda value, wanted: value.casefold().startswith(wanted.casefold()),
}
"""Whether a field's text matches a filter."""


def _meta(limit: int, offset: int, total: int, path: str, query: dict[str, str]) -> Fields:
    def page(at: int) -> str:
        return f"{path}?{urlencode({**query, 'limit': limit, 'offset': at})}"

    after = page(offset + limit) if offset + limit < total else None
    before = page(max(offset - limit, 0)) if offset else None
    return {"limit": limit, "offset": offset, "total_count": total, "next": after, "previous": before}


def _object(body: bytes) -> Fields:
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise ValueError("Request is not valid JSON.") from error
    if not isinstance(given, dict):
        raise ValueError("Invalid data sent.")
    return given
