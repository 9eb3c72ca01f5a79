"""What a genuine client of the original API sent, and what it needs to understand of the answers."""

import json
import re
from collections.abc import Mapping
from typing import Any

from shared.errors import NotFound
from shared.integrations import Integration
from shared.management import Answer
from tests.support import ROOT
from tests.support.management_api import Api

RECORDING = json.loads((ROOT / "tests/data/clients/go-sdk-v41.json").read_text())
STEPS: list[dict[str, Any]] = RECORDING["steps"]
READS: dict[str, dict[str, str]] = RECORDING["reads"]
TYPES: Mapping[str, Any] = {"text": str, "number": int, "switch": bool, "object": dict, "list": list}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")


class Replay:
    """The client's place: sends what it sent, and reads the answers as it does."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._uris: dict[str, str] = {}

    async def step(self, step: Mapping[str, Any]) -> Answer:
        """The answer to one recorded request, seen to be one that the client can read."""
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
        if answer.status in (200, 202):
            readable(step["reads"], answer.body)
        if answer.status == 202:
            kept(sent, answer.body)
        return answer

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


def readable(resource: str, body: Mapping[str, Any]) -> None:
    """Every object is one that the client's decoder takes."""
    for shown in body.get("objects", [body]):
        for name, kind in READS[resource].items():
            assert fits(kind, shown[name]) if name in shown else True, (resource, name, shown[name])


def fits(kind: str, value: Any) -> bool:
    """Whether a value can be decoded to a type: null to all but a time, which the client parses as it comes."""
    if value is None:
        return kind != "time"
    if kind.startswith("time"):
        return bool(TIME.fullmatch(value))
    return type(value) is TYPES[kind.partition(" ")[0].rstrip("?")]


def kept(sent: Mapping[str, Any] | None, shown: Mapping[str, Any]) -> None:
    """What is read back is what was sent: a provider that plans from it finds no drift. "" and null are the same."""
    for name, value in (sent or {}).items():
        if name in shown:
            uris = [each["resource_uri"] for each in shown[name]] if name == "domains" else shown[name]
            assert (uris or None) == (value or None), name
