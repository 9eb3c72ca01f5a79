"""The recorded requests of a real client of the original API, and the fields it reads in the responses."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared.errors import NotFound
from shared.integrations import Integration
from shared.management import Answer
from tests.support import ROOT
from tests.support.management_api import Api


class Recording(NamedTuple):
    """The requests that a client sent, and the fields that it reads in each resource, with their types."""

    steps: Sequence[dict[str, Any]]
    reads: Mapping[str, Mapping[str, str]]


def recording(name: str) -> Recording:
    """The recording in a file in tests/data/clients."""
    found = json.loads((ROOT / f"tests/data/clients/{name}.json").read_text())
    return Recording(found["steps"], found["reads"])


STEPS, READS = recording("go-sdk-v41")
"""The recording of Pexip's own Go SDK."""

TYPES: Mapping[str, Any] = {"text": str, "number": int, "switch": bool, "object": dict, "list": list}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")


class Replay:
    """A replacement for the client that sends the recorded requests and reads the responses as the client does."""

    def __init__(self, api: Api, reads: Mapping[str, Mapping[str, str]] = READS) -> None:
        self._api = api
        self._reads = reads
        self._uris: dict[str, str] = {}
        self._sent: dict[str, Mapping[str, Any]] = {}

    async def step(self, step: Mapping[str, Any]) -> Answer:
        """Send one recorded request, check that the client can read the response, and return it."""
        sent = self._body(step)
        path = self._filled(step["path"]).removeprefix("/api/admin/")
        try:
            answer = await self._api.call(step["method"], path, sent)
        except NotFound:
            answer = Answer(404)
        assert answer.status == step["status"], (step["name"], answer.body)
        if "binds" in step:
            uri = answer.headers.get("Location") or answer.body["objects"][0]["resource_uri"]
            assert re.search(r"/\d+/$", uri)  # the client takes the id from it
            self._uris[step["binds"]] = uri
        if answer.status in (200, 202) and "reads" in step:
            readable(self._reads[step["reads"]], answer.body)
        if answer.status == 202:
            kept(sent, answer.body)
        self._remember(step["method"], answer, f"/api/admin/{path}", sent)
        return answer

    def _remember(self, method: str, answer: Answer, uri: str, sent: Mapping[str, Any] | None) -> None:
        """Check that an object written as a whole is read back as sent until it is changed."""
        match method, answer.status:
            case "POST", 201:
                self._sent[str(answer.headers["Location"])] = sent or {}
            case "PUT", 202:
                self._sent[uri] = sent or {}
            case "PATCH" | "DELETE", _:
                self._sent.pop(uri, None)
            case "GET", 200:
                kept(self._sent.get(uri), answer.body)

    def _body(self, step: Mapping[str, Any]) -> dict[str, Any] | None:
        if "body" not in step:
            return None
        defaults = {name: Integration.model_fields[name].default for name in step.get("at_default", ())}
        found: dict[str, Any] = defaults | json.loads(self._filled(json.dumps(step["body"])))
        return found

    def _filled(self, text: str) -> str:
        for name, uri in self._uris.items():
            text = text.replace(f"{{{name}}}", uri)
        return text


def readable(fields: Mapping[str, str], body: Mapping[str, Any]) -> None:
    """Check that the client's decoder accepts every object."""
    for shown in body.get("objects", [body]):
        for name, kind in fields.items():
            assert fits(kind, shown[name]) if name in shown else True, (name, shown[name])


def fits(kind: str, value: Any) -> bool:
    """Whether a value can be decoded to a type. null fits all types except times, which the client always parses."""
    if value is None:
        return kind != "time"
    if kind.startswith("time"):
        return bool(TIME.fullmatch(value))
    return type(value) is TYPES[kind.partition(" ")[0].rstrip("?")]


def kept(sent: Mapping[str, Any] | None, shown: Mapping[str, Any]) -> None:
    """Check that an object is read back as sent, so that Terraform finds no drift. "" equals null."""
    for name, value in (sent or {}).items():
        if name in shown and not (name == "aliases" and value is None):  # these are separate conference_aliases
            assert (_as_sent(name, shown[name], value) or None) == (value or None), name


def _as_sent(name: str, shown: Any, sent: Any) -> Any:
    """Objects in a response, reduced to what was sent: strings, or only some of the fields."""
    if name == "domains":
        by_uri = not sent or all(str(each).startswith("/") for each in sent)
        return [each["resource_uri" if by_uri else "domain"] for each in shown]
    if name == "aliases":
        return [{key: each[key] for key in was} for each, was in zip(shown, sent, strict=True)]
    return shown
