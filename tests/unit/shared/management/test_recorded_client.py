"""Requests of a genuine client of the original API, recorded against the local stack, are answered as it needs (I7).

`tests/data/clients/go-sdk-v41.json` holds what the client sent and what it got. `reads` are the fields that it
understands of each resource, with the type that it decodes them to; "?" marks what may be null. A body's fields that
are at our defaults are named in `at_default`. `{name}` stands for the URI of what the step that `binds` the name has
made or listed first. docs/existing-clients.md says how to record again.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from shared.bookings.operation import DecisionKind, Operation
from shared.errors import NotFound
from shared.integrations import Integration
from shared.management import Answer
from tests.support import ROOT
from tests.support.management_api import Api
from tests.unit.shared.management.records import HOUR, api_with_one, booking, put

RECORDING = json.loads((ROOT / "tests/data/clients/go-sdk-v41.json").read_text())
STEPS: list[dict[str, Any]] = RECORDING["steps"]
READS: dict[str, dict[str, str]] = RECORDING["reads"]

NOT_SHOWN = {
    "ms_exchange_connector": {
        "oauth_client_secret", "oauth_refresh_token", "password", "personal_vmr_oauth_client_secret", "private_key",
    },
    "alarm": {"acknowledged", "identifier", "level", "node"},
}  # fmt: skip
"""Fields that the client understands and does not get: secrets, and what there is none of. It takes them as empty."""

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


async def a_deployment() -> Api:
    """One integration with a scheduled meeting, as the local stack has."""
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR), uuid)
    now = api.clock.now().isoformat()
    operation = Operation("c1", "m1", now, now, "new request", DecisionKind.ACCEPT, "new", done=now)
    await put(api, operation, uuid)
    return api


async def test_every_recorded_request_is_answered_as_the_client_needs_it() -> None:
    replay = Replay(await a_deployment())
    answers = {step["name"]: await replay.step(step) for step in STEPS}
    assert len(answers) == len(STEPS) >= 50

    refused = {name: answer for name, answer in answers.items() if answer.status == 400}
    taken = {step["name"]: step["refused"] for step in STEPS if "refused" in step}
    assert refused.keys() == taken.keys()
    for name, field in taken.items():
        [faults] = refused[name].body.values()
        assert "already exists" in str(faults[field])
    assert refused["create the same alias again"].body.keys() == {"conference_alias"}

    gone = answers["replace the connector without theme and group"].body
    assert (gone["ivr_theme"], gone["host_identity_provider_group"]) == (None, None)
    changed = answers["change the description alone"].body
    assert changed == gone | {"description": "Changed"}
    domains = answers["read the connector with domains"].body["domains"]
    assert [each["domain"] for each in domains] == [
        "mail.example.net", "https://hybrid.example.net/autodiscover/metadata/json/1",
    ]  # fmt: skip
    skipped = [step["name"] for step in STEPS if step["name"].endswith("a search that they have no field for")]
    assert all("name__icontains" in answers[name].headers["Warning"] for name in skipped)


@pytest.mark.parametrize("resource", sorted(READS))
def test_what_the_client_reads_is_shown(resource: str) -> None:
    """By the schema of the resource."""
    [found] = [each for each in Api().management.resources if each.name == resource]
    shown = {name for name, each in found.schema["properties"].items() if not each.get("writeOnly")}
    assert READS[resource].keys() - shown == NOT_SHOWN.get(resource, set())
