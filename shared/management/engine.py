"""The management API: handles admins' requests, following Tastypie's conventions (I7).

    GET    …/v1/                  every resource of an area, with the URLs of its list and its schema
    GET    …/{resource}/schema/   the resource's fields, methods and filters
    GET    …/{resource}/          a page of objects: filters, order, limit, offset
    POST   …/{resource}/          201, Location, the new object
    PATCH  …/{resource}/          202, {"objects": [new and changed ones…]}; only for bulk resources, with the body
                                  {"objects": [{…}, …], "deleted_objects": ["<uri>", …]}
    GET    …/{resource}/{id}/     the object, with its ETag if the resource has ETags
    PATCH  …/{resource}/{id}/     202, the changed object; fields that are not sent are kept, "" clears
    PUT    …/{resource}/{id}/     the same, but nullable fields and references that are not sent become null
    DELETE …/{resource}/{id}/     204; this and changes with If-Match: 412 if the object's ETag has changed
    POST   …/{resource}/{id}/{action}/

Problems in an object are 400 `{"<resource>": {"<field>": ["…"]}}`, other errors 4xx `{"error": "…"}`. Lists can be
neither deleted nor replaced as a whole.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from shared.api_paths import API_ROOT, id_in, uri
from shared.changes import ChangeLog
from shared.errors import InvalidRequest, NotFound, SettingsInvalid, StaleObject
from shared.management import listing, writing
from shared.management.admins import Admins
from shared.management.call import Answer, Call, json_object, refuse_another_site
from shared.management.conversion import converted
from shared.management.description import AREA_PATH, SCHEMA, description, index
from shared.management.foreign_keys import ForeignKeys
from shared.management.openapi import document
from shared.management.readers import readers_view, refuse_change
from shared.management.recording import Recording, is_change
from shared.management.resource import (
    BulkResource,
    NamedResource,
    PagedResource,
    Recorder,
    Resource,
    Shown,
    WritableResource,
    id_of,
)

_PATH = re.compile(rf"{API_ROOT}/([a-z]+)/v1/([a-z][a-z0-9_]*)/?(?:([^/]+)/?)?(?:([^/]+)/?)?")
_DOCUMENT = f"{API_ROOT}/openapi.json"

WARNING_MAX_LENGTH = 1000
"""Maximum length of the list of ignored parameters in a Warning header, in characters."""


class _View:
    """The resources available to one kind of admin, and the record of changes."""

    def __init__(self, resources: Iterable[Resource], changes: ChangeLog) -> None:
        self.changes = changes
        self.resources = {(resource.area, resource.name): resource for resource in resources}
        self.foreign_keys = ForeignKeys(self.resources.values())


class Management:
    """Handles every request under /api/admin/."""

    def __init__(self, admins: Admins, resources: Iterable[Resource], changes: ChangeLog) -> None:
        self._admins = admins
        self._whole = _View(resources, changes)
        self._readers = _View(map(readers_view, self.resources), changes)

    @property
    def resources(self) -> Iterable[Resource]:
        """Every resource."""
        return self._whole.resources.values()

    async def answer(self, call: Call) -> Answer:
        """The response to a request. Errors not about the request's content, such as NotAuthenticated, are raised."""
        admin = await self._admins.authenticate(call.headers)
        refuse_another_site(call)
        refuse_change(admin, call)
        call, view = replace(call, who=admin.name), self._whole if admin.may_change else self._readers
        match call.method:
            case "HEAD":
                read = await _answer(view, replace(call, method="GET"))
                return Answer(read.status, None, read.headers)
            case "OPTIONS":
                allowed = (await _answer(view, call)).headers.get("Allow", "GET")
                return Answer(200, None, {"Allow": f"{allowed}, OPTIONS"})
        return await _answer(view, call)


async def _answer(view: _View, call: Call) -> Answer:
    fixed = _fixed(view, call.path)
    if fixed is not None:
        return Answer(200, fixed) if call.method == "GET" else _not_allowed("GET")
    path = _PATH.fullmatch(call.path)
    resource = view.resources.get((path[1], path[2])) if path else None
    if path is None or resource is None:
        raise NotFound(f"There is no such resource. {_DOCUMENT} describes all resources.")
    try:
        return await _dispatch(view, resource, path[3], path[4], call)
    except SettingsInvalid as refused:
        return Answer(400, {resource.name: refused.faults})
    except StaleObject as refused:
        return Answer(412, {"error": str(refused), "changed": refused.changed})
    except InvalidRequest as refused:
        return Answer(400, {"error": str(refused)})


def _fixed(view: _View, path: str) -> Mapping[str, Any] | None:
    """The API description at a path; None for a path with objects."""
    if path == _DOCUMENT:
        return document(view.resources.values())
    area = AREA_PATH.fullmatch(path)
    return index(view.resources.values(), area[1]) if area else None


async def _dispatch(view: _View, resource: Resource, id_: str | None, action: str | None, call: Call) -> Answer:
    recorder = Recording(view.changes, call.who)
    if id_ is None:
        return await _on_list(view.foreign_keys, resource, call, recorder)
    if (id_, action) == (SCHEMA, None):
        return Answer(200, description(resource)) if call.method == "GET" else _not_allowed("GET")
    if action is None:
        return await _on_object(resource, await _id(resource, id_), call, recorder)
    found = resource.actions.get(action)
    if found is None:
        raise NotFound(f"There is no action {action!r}; actions are {', '.join(resource.actions) or 'none'}.")
    if call.method == found.method and is_change(found):
        return await recorder.acted(resource, id_of(id_), action, lambda: found.run(id_of(id_), call))
    return await found.run(id_of(id_), call) if call.method == found.method else _not_allowed(found.method)


async def _id(resource: Resource, text: str) -> int:
    if isinstance(resource, NamedResource) and not text.isdecimal():
        return await resource.id_named(text)
    return id_of(text)


async def _on_list(foreign_keys: ForeignKeys, resource: Resource, call: Call, recorder: Recorder) -> Answer:
    match call.method, resource:
        case "GET", _:
            query, own_uri = (
                listing.query_of(call.query, resource.schema, foreign_keys),
                uri(resource.area, resource.name),
            )
            found = await _found(foreign_keys, resource, query, own_uri, call.query)
            return Answer(200, found, _warning(query.skipped))
        case "POST", WritableResource():
            created = await writing.create(resource, converted(json_object(call), resource.schema), recorder)
            return _shown(created, 201, {"Location": str(created.fields["resource_uri"])})
        case "PATCH", BulkResource():
            return await _on_many(resource, json_object(call), recorder)
    bulk = ", PATCH" if isinstance(resource, BulkResource) else ""
    return _not_allowed(f"GET, POST{bulk}" if isinstance(resource, WritableResource) else "GET")


async def _found(
    foreign_keys: ForeignKeys, resource: Resource, query: listing.Query, own_uri: str, text: str
) -> dict[str, Any]:  # fmt: skip
    """The page that a query requests. If there may be many objects, only what the page needs is read."""
    if isinstance(resource, PagedResource) and query.is_of_all:
        part, total = await resource.part(query.offset, query.limit)
        return listing.envelope(listing.Part(part, total), query, own_uri, text)
    if isinstance(resource, listing.TimelineResource) and (shown := await resource.listed(query, text)):
        return dict(shown)
    if isinstance(resource, listing.ListedResource) and (found := await resource.from_lists(query)):
        return listing.envelope(found, query, own_uri, text)
    objects = await listing.candidates(resource, query)
    known = await foreign_keys.known(objects, {each.path for each in query.filters})
    page = listing.page(objects, query, known, own_uri, text)
    if isinstance(resource, PagedResource):
        return page | {"objects": await resource.full([each["id"] for each in page["objects"]])}
    return page


async def _on_many(resource: BulkResource, sent: dict[str, Any], recorder: Recorder) -> Answer:
    objects, deleted = sent.get("objects", []), sent.get("deleted_objects", [])
    if sent.keys() - {"objects", "deleted_objects"} or not (isinstance(objects, list) and isinstance(deleted, list)):
        raise InvalidRequest('Send {"objects": [{…}, …], "deleted_objects": ["<resource_uri>", …]}.')
    wrong = {f"objects.{n}": ["Must be an object."] for n, each in enumerate(objects) if not isinstance(each, dict)}
    ids = {n: id_in(each, resource.area, resource.name) for n, each in enumerate(deleted)}
    wrong |= {f"deleted_objects.{n}": ["Must be a resource_uri."] for n, id_ in ids.items() if id_ is None}
    if wrong:
        raise SettingsInvalid(wrong)
    objects = [converted(each, resource.schema) for each in objects]
    known = [id_ for id_ in ids.values() if id_ is not None]
    return Answer(202, {"objects": await resource.patch(objects, known, recorder)})


async def _on_object(resource: Resource, id_: int, call: Call, recorder: Recorder) -> Answer:
    if_match = call.headers.get("if-match")
    match call.method, resource:
        case "PUT" | "PATCH" | "DELETE", WritableResource() if if_match not in (None, "*") and not resource.has_etags:
            return Answer(412, {"error": f"Objects of {resource.name} have no ETag: omit the If-Match header."})
        case "GET", _:
            return _shown(await resource.one(id_), 200)
        case "PUT" | "PATCH", WritableResource():
            left_out = resource.emptied_by_put if call.method == "PUT" else {}
            fields = {**left_out, **converted(json_object(call), resource.schema)}
            return _shown(await writing.update(resource, id_, fields, if_match, recorder), 202)
        case "DELETE", WritableResource():
            await writing.delete(resource, id_, if_match, recorder, force=listing.flag(call.query, "force"))
            return Answer(204)
    return _not_allowed("GET, PUT, PATCH, DELETE" if isinstance(resource, WritableResource) else "GET")


def _shown(shown: Shown, status: int, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, shown.fields, {**(headers or {}), **({"ETag": shown.etag} if shown.etag else {})})


def _warning(skipped: Sequence[str]) -> dict[str, str]:
    """The Warning header that lists ignored parameters. Their names come from the client, so characters that a header
    may not contain are escaped.
    """
    named = ", ".join(quote(name, safe="") for name in skipped)[:WARNING_MAX_LENGTH]
    return {"Warning": f'299 - "Ignored because there are no such fields: {named}"'} if skipped else {}


def _not_allowed(methods: str) -> Answer:
    return Answer(405, {"error": f"This method is not allowed here. Allowed methods: {methods}."}, {"Allow": methods})
