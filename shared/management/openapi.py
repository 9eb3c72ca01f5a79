"""The management API as an OpenAPI 3.1 document, generated from the resources."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared import __version__
from shared.api_paths import HISTORY, uri
from shared.management import listing
from shared.management.filters import is_comparable
from shared.management.resource import Action, BulkResource, Resource, Schema, WritableResource

_ERROR: Schema = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}
_META: Schema = {
    "type": "object",
    "properties": {
        "limit": {"type": "integer"},
        "next": {"type": ["string", "null"]},
        "offset": {"type": "integer"},
        "previous": {"type": ["string", "null"]},
        "total_count": {"type": "integer"},
        "examined": {
            "type": "integer",
            "description": "Only present if no index answers the query and there are too many objects to search. The "
            "query was then only applied to this many objects (the first ones in the requested order), and "
            "total_count is the number of matches among them.",
        },
    },
    "required": ["limit", "next", "offset", "previous", "total_count"],
}
_ID: Schema = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
_REFUSED = {
    "400": "The request is invalid.",
    "401": "Not authenticated.",
    "403": "Not an admin.",
    "404": "There is no such object.",
}
_CONFLICTS = {"409": "It is in use.", "412": "The object has changed since it was read."}


def document(resources: Iterable[Resource]) -> dict[str, Any]:
    """The OpenAPI document for these resources."""
    known = list(resources)
    return {
        "openapi": "3.1.0",
        "info": {"title": "VMR Scheduling for Exchange: management API", "version": __version__},
        "security": [{"basic": []}, {"bearer": []}, {"client": []}],
        "paths": {path: item for resource in known for path, item in _paths(resource).items()},
        "components": {
            "schemas": {_schema_name(resource): _full(resource) for resource in known},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "client": {
                    "type": "oauth2",
                    "description": "With an ES256 assertion (RFC 7523) signed by an oauth2_client.",
                    "flows": {"clientCredentials": {"tokenUrl": "/oauth/token/", "scopes": {}}},
                },
            },
        },
    }


def _schema_name(resource: Resource) -> str:
    """The tag for a resource. Two areas may have resources with the same name, one for current objects and one for past
    ones.
    """
    return f"{HISTORY}_{resource.name}" if resource.area == HISTORY else resource.name


def _paths(resource: Resource) -> dict[str, Any]:
    own, reference = uri(resource.area, resource.name), {"$ref": f"#/components/schemas/{_schema_name(resource)}"}
    asked = [*_PAGING, *_search(resource), _order(resource)]
    several: dict[str, Any] = {"get": _operation(resource.about, {"200": _page(reference)}, parameters=asked)}
    single: dict[str, Any] = {"parameters": [_ID], "get": _operation("One object.", {"200": reference})}
    if isinstance(resource, WritableResource):
        several["post"] = _operation("A new object.", {"201": reference}, _writable(resource.schema))
        optional = {"type": "object", "properties": _writable(resource.schema)["properties"], "required": []}
        summary = "Changes the fields in the request."
        single["patch"] = _operation(summary, {"202": reference}, optional, parameters=[_IF_MATCH])
        emptied = ", ".join(resource.emptied_by_put)
        rule = f" Fields that become empty if omitted: {emptied}." if emptied else ""
        single["put"] = {**single["patch"], "summary": f"{summary}{rule}"}
        single["delete"] = _operation("Removes the object.", {"204": None}, parameters=[_FORCE, _IF_MATCH])
    if isinstance(resource, BulkResource):
        several["patch"] = _operation("Creates, changes and removes many objects.", {"202": {"type": "object"}}, _MANY)
    actions = {f"{own}{{id}}/{name}/": _action(action) for name, action in resource.actions.items()}
    return {own: several, f"{own}{{id}}/": single, **actions}


def _action(action: Action) -> dict[str, Any]:
    answers: dict[str, Schema | None] = {"200": {"type": "object"}, "202": {"type": "object"}}
    body = action.body or ({"type": "string", "format": "binary"} if action.method != "GET" else None)
    return {"parameters": [_ID], action.method.lower(): _operation(action.about, answers, body, action.media_type)}


def _operation(
    about: str,
    answers: Mapping[str, Schema | None],
    body: Schema | None = None,
    media_type: str = "application/json",
    parameters: list[Schema] | None = None,
) -> dict[str, Any]:
    refusals = _REFUSED | (_CONFLICTS if body or "204" in answers else {})
    return {
        "summary": about,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": {"required": True, "content": {media_type: {"schema": body}}}} if body else {}),
        "responses": {
            **{status: _response("Done.", schema) for status, schema in answers.items()},
            **{
                status: _response(text, _ERROR if status != "400" else {"type": "object"})
                for status, text in refusals.items()
            },
        },
    }


def _response(text: str, schema: Schema | None) -> dict[str, Any]:
    return {"description": text, **({"content": {"application/json": {"schema": schema}}} if schema else {})}


def _page(reference: Schema) -> Schema:
    objects = {"type": "array", "items": reference}
    return {"type": "object", "properties": {"meta": _META, "objects": objects}, "required": ["meta", "objects"]}


def _full(resource: Resource) -> Schema:
    """An object as shown: everything except write-only fields."""
    shown = {name: schema for name, schema in resource.schema["properties"].items() if not schema.get("writeOnly")}
    return {"type": "object", "properties": shown, "required": list(shown), "additionalProperties": False}


def _writable(schema: Schema) -> dict[str, Any]:
    """A new object: its fields, and when each field is required."""
    properties = {name: each for name, each in schema["properties"].items() if not each.get("readOnly")}
    rules = {"allOf": schema["allOf"]} if "allOf" in schema else {}
    return {"type": "object", "properties": properties, "required": list(schema.get("required", [])), **rules}


_MANY: Schema = {
    "type": "object",
    "properties": {
        "objects": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Objects with a resource_uri are changed. Objects without one are created.",
        },
        "deleted_objects": {
            "type": "array",
            "items": {"type": "string"},
            "description": "URIs of objects to be removed.",
        },
    },
    "additionalProperties": False,
}
_IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag as read. The change is rejected if somebody else has changed the object since.",
}
_FORCE: Schema = {"name": "force", "in": "query", "schema": {"type": "boolean"}}
_PAGING: list[Schema] = [
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 0, "maximum": listing.MAX_LIMIT, "default": listing.DEFAULT_LIMIT},
    },
    {
        "name": "offset",
        "in": "query",
        "schema": {"type": "integer", "minimum": 0, "maximum": listing.MAX_OFFSET, "default": 0},
    },
]


def _search(resource: Resource) -> list[Schema]:
    """The parameter that searches several fields, if there is one."""
    searched = ", ".join(resource.schema.get(listing.SEARCHED, ()))
    about = f"Text contained in one of these fields: {searched}."
    return [{"name": "text", "in": "query", "schema": {"type": "string"}, "description": about}] if searched else []


def _order(resource: Resource) -> Schema:
    names = sorted(name for name, known in resource.schema["properties"].items() if is_comparable(known))
    return {
        "name": "order_by",
        "in": "query",
        "schema": {"type": "string", "enum": [*names, *(f"-{name}" for name in names)]},
        "description": "Prefix a field with - for descending order. Lists can also be filtered by these fields, as "
        "in name__icontains=x.",
    }
