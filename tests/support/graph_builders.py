"""Checks whether the real msgraph-sdk's builders can create a request, and whether its models can represent a response.
The SDK is large, so it is not imported until the first check.
"""

import dataclasses
import importlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from inspect import getsource, signature
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.graph_description import Json, segments

_TRANSPORT = {
    "host", "user-agent", "accept-encoding", "connection", "content-length", "authorization", "sdkversion",
    "client-request-id", "retry-attempt",
}  # fmt: skip
"""Headers added by the SDK's middleware or the HTTP client rather than by the builders."""

_NAVIGATION = "/microsoft.graph.eventMessage/event"
"""A cast that appears in the description and documentation ('Get eventMessage'), but for which the SDK has
no builder.
"""

MIME = "text/plain"
"""The type of messages posted as MIME ('Create message' in Graph's documentation), for which builders have no model."""

_MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


class NoBuilderError(ValueError):
    """The SDK has no builder for a path."""


@cache
def _client() -> Any:
    sdk = importlib.import_module("msgraph")
    anonymous = importlib.import_module("kiota_abstractions.authentication").AnonymousAuthenticationProvider()
    return sdk.GraphServiceClient(request_adapter=sdk.GraphRequestAdapter(anonymous))


def builder(path: str) -> Any:
    """The request builder for a path under `/v1.0`. Raises `NoBuilderError`."""
    found = _client()
    for segment in segments(path.removesuffix(_NAVIGATION)):
        name = re.sub(r"(?<=.)([A-Z])", r"_\1", segment).lower()
        by_key = next((each for each in dir(found) if each.startswith("by_")), "")
        if hasattr(found, name):
            found = getattr(found, name)
        elif by_key:
            found = getattr(found, by_key)(segment)
        else:
            raise NoBuilderError(f"{type(found).__name__} has no segment {segment}")
    return found


def faults_of_request(
    method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> list[str]:
    """The differences between a request and the SDK builder's request for the same purpose."""
    if path.endswith(_NAVIGATION):
        return []
    maker = builder(path)
    make = getattr(maker, f"to_{method.lower()}_request_information", None)
    if make is None:
        return [f"{type(maker).__name__} has no method {method}"]
    arguments: list[Any] = []
    wrong: list[str] = []
    is_mime = headers.get("Content-Type") == MIME
    if "body" in signature(make).parameters:
        model = _body(_named(maker, signature(make).parameters["body"].annotation), b"{}" if is_mime else body)
        wrong += strays(model)
        arguments.append(model)
    try:
        made = make(*arguments, _configuration(maker, query, headers))
    except KeyError as error:
        return [*wrong, f"{type(maker).__name__} has no option {error}"]
    wrong += _differences(made, path, query)
    wrong += list(_strange_headers(made, headers))
    if not is_mime:
        wrong += list(differences(json.loads(body or b"{}"), json.loads(made.content or b"{}")))
    return wrong


def faults_of_answer(method: str, path: str, document: Json) -> list[str]:
    """The parts of a response that the SDK's models cannot represent."""
    maker = builder(path)
    annotation = str(signature(getattr(maker, method.lower())).return_annotation)
    name = re.sub(r"^Optional\[(.*)\]$", r"\1", annotation)
    if name == "None" or path.endswith(_NAVIGATION):
        return []
    found = _parsed(_named(maker, name), json.dumps(document).encode())
    return strays(found) + list(differences(document, json.loads(written(found))))


def faults_of_refusal(document: Json) -> list[str]:
    """The parts of an error's envelope that the SDK's models cannot represent."""
    error = importlib.import_module("msgraph.generated.models.o_data_errors.o_data_error").ODataError
    found = _parsed(error, json.dumps(document).encode())
    return strays(found) + list(differences(document, json.loads(written(found))))


def strays(found: Any, path: str = "$") -> list[str]:
    """The contents of `additional_data`, except for annotations, for which no model has properties."""
    if isinstance(found, list):
        return [stray for number, each in enumerate(found) for stray in strays(each, f"{path}[{number}]")]
    if not dataclasses.is_dataclass(found) or not hasattr(found, "additional_data"):
        return []
    more = [f"{path}.{name}: in additional_data of {type(found).__name__}" for name in found.additional_data]
    names = [each.name for each in dataclasses.fields(found) if each.name not in ("additional_data", "backing_store")]
    inside = [stray for name in names for stray in strays(getattr(found, name), f"{path}.{name}")]
    return [stray for stray in more if "@" not in stray] + inside


def written(found: Any) -> bytes:
    """A model as serialized by the SDK."""
    module = importlib.import_module("kiota_serialization_json.json_serialization_writer")
    writer = module.JsonSerializationWriter()
    writer.write_object_value(None, found)
    content: bytes = writer.get_serialized_content()
    return content


def differences(meant: Any, understood: Any, path: str = "$") -> Iterator[str]:
    """The differences after conversion to a model and back. A null equals a missing value, and letter case
    is ignored.
    """
    if isinstance(meant, dict) and isinstance(understood, dict):
        there = {name.casefold(): value for name, value in understood.items()}
        for name, value in meant.items():
            if value is not None:
                yield from differences(value, there.get(name.casefold()), f"{path}.{name}")
    elif isinstance(meant, list) and isinstance(understood, list) and len(meant) == len(understood):
        for number, (one, other) in enumerate(zip(meant, understood, strict=True)):
            yield from differences(one, other, f"{path}[{number}]")
    elif _plain(meant) != _plain(understood):
        yield f"{path}: {meant!r} is {understood!r} to the SDK"


def _plain(value: Any) -> Any:
    is_moment = isinstance(value, str) and _MOMENT.match(value)
    return datetime.fromisoformat(value) if is_moment else value


def _parsed(model: Any, content: bytes) -> Any:
    factory = importlib.import_module("kiota_serialization_json.json_parse_node_factory").JsonParseNodeFactory()
    return factory.get_root_parse_node("application/json", content or b"{}").get_object_value(model)


def _body(model: Any, content: bytes) -> Any:
    """A request's body, converted to a model. Actions' parameter names are case-insensitive: the SDK and the
    description write Comment, but the documentation ('event: accept') writes comment.
    """
    given = json.loads(content or b"{}")
    if model.__name__.endswith("PostRequestBody"):
        names = {name.casefold(): name for name in model().get_field_deserializers()}
        given = {names.get(name.casefold(), name): value for name, value in given.items()}
    return _parsed(model, json.dumps(given).encode())


@cache
def _imports(builders: str) -> Mapping[str, str]:
    """The modules that a builder's module imports from, keyed by imported name."""
    module = importlib.import_module(builders)
    package = module.__name__.split(".")
    found = re.findall(r"^ *from (\.+)([\w.]+) import (\w+)$", getsource(module), re.MULTILINE)
    return {name: ".".join([*package[: -len(dots)], path]) for dots, path, name in found}


def _named(maker: Any, name: str) -> Any:
    """The class that a builder's signature refers to."""
    return getattr(importlib.import_module(_imports(type(maker).__module__)[name]), name)


def _configuration(maker: Any, query: Mapping[str, str], headers: Mapping[str, str]) -> Any:
    module = importlib.import_module("kiota_abstractions.base_request_configuration")
    configuration = module.RequestConfiguration()
    if "Prefer" in headers:
        configuration.headers.add("Prefer", headers["Prefer"])
    if query:
        kind = next(each for name, each in vars(type(maker)).items() if name.endswith("QueryParameters"))
        parameters = kind()
        names = {unquote(parameters.get_query_parameter(each.name)): each for each in dataclasses.fields(kind)}
        for option, value in query.items():
            setattr(parameters, names[option].name, _typed(str(names[option].type), value))
        configuration.query_parameters = parameters
    return configuration


def _typed(annotation: str, value: str) -> Any:
    if "list[" in annotation:
        return re.split(r",(?![^(]*\))", value)
    return int(value) if "int" in annotation else value


def _differences(made: Any, path: str, query: Mapping[str, str]) -> list[str]:
    url = urlsplit(made.url)
    # The SDK's middleware replaces this with `me` before sending (msgraph-core, UrlReplaceHandler).
    theirs_path = url.path.replace("/users/me-token-to-replace", "/me")
    wrong = [] if segments(theirs_path) == segments(path) else [f"path {path}: the SDK's is {theirs_path}"]
    theirs = dict(parse_qsl(url.query, keep_blank_values=True))
    return wrong if theirs == dict(query) else [*wrong, f"query {dict(query)}: the SDK's is {theirs}"]


def _strange_headers(made: Any, headers: Mapping[str, str]) -> Iterator[str]:
    theirs = {name: ", ".join(sorted(values)) for name, values in made.headers.get_all().items()}
    for name, value in headers.items():
        lower = name.casefold()
        if lower not in _TRANSPORT and value != theirs.get(lower) and value != MIME:
            yield f"header {name}: {value}; the SDK's is {theirs.get(lower)}"
