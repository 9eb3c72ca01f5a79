"""The product in Microsoft's worker runtime: every function is indexed, and every route responds."""

from typing import Any

import httpx
import pytest

from dev.environment import MANAGEMENT, POLICY
from dev.host.host import FunctionsHost
from shared import __version__
from shared.azure_storage import AzureTable
from shared.composition import services
from shared.operations.home import Condition
from shared.queues import QUEUES
from tests.support import ROOT

VALUES = {"uuid": "22222222-2222-4222-8222-222222222222"}


def path_of(trigger: dict[str, Any]) -> str:
    """A path that matches a route. Parameters whose format matters are filled in by name, the rest with any string."""
    segments = []
    for segment in str(trigger["route"]).split("/"):
        while "{" in segment:
            before, _, rest = segment.partition("{")
            name, _, after = rest.partition("}")
            bare, _, constraint = name.strip("*?").partition(":")
            by_form = {"guid": VALUES["uuid"], "int": "7", "long": "7", "maxlength(0)": ""}
            value = by_form.get(constraint, VALUES.get(bare, "x"))
            segment = before + value + after
        segments.append(segment)
    return "/" + "/".join(segments)


async def test_every_kind_of_trigger_is_indexed(host: FunctionsHost) -> None:
    assert {function.kind for function in host.functions} == {"httpTrigger", "queueTrigger", "timerTrigger"}


async def test_every_route_reaches_its_function(host: FunctionsHost, client: httpx.AsyncClient) -> None:
    """Even without credentials or a body, the response comes from the function itself, and is not an internal error."""
    answers = {}
    for function in host.functions:
        if function.kind == "httpTrigger":
            for method in function.trigger.get("methods") or ["GET"]:
                answer = await client.request(method, path_of(dict(function.trigger)))
                answers[f"{function.name} {method}"] = answer
    assert answers
    faults = {name: answer.status_code for name, answer in answers.items() if answer.status_code >= 500}
    assert not faults
    # A 404 from the host has no body; one from us says what was not found.
    assert not [name for name, answer in answers.items() if answer.status_code == 404 and not answer.content]


async def test_the_root_names_the_product_but_not_its_version(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "VMR scheduling for Exchange" in answer.text
    # All tests in this folder share the host, and another test may have raised an alarm.
    assert any(condition.value[2] in answer.text for condition in (Condition.WELL, Condition.ATTENTION))
    assert __version__ not in answer.text
    assert "example.com" not in answer.text
    assert (await client.get("/anything-else")).content == b"", "the root's route matches no other path"


async def test_triggers_listen_to_the_queues_that_the_product_names(host: FunctionsHost) -> None:
    listened = {function.trigger["queueName"] for function in host.functions if function.kind == "queueTrigger"}
    written = {binding["queueName"] for function in host.functions for binding in function.outputs.values()}
    assert listened == set(QUEUES)
    assert written <= set(QUEUES)


async def test_storage_bindings_use_the_apps_own_account(host: FunctionsHost) -> None:
    bindings = [b for f in host.functions for b in (f.trigger, *f.outputs.values()) if "queueName" in b]
    assert {binding["connection"] for binding in bindings} == {"SchedulingStorage"}


async def test_the_timers_match_the_contract(host: FunctionsHost) -> None:
    timers = {function.name for function in host.functions if function.kind == "timerTrigger"}
    assert {"sweep", "renew"} <= timers <= {"sweep", "poll", "rooms", "renew", "agenda", "compare", "cleanup"}


async def test_no_function_has_a_retry_policy() -> None:
    """Retries and the poison queue rely on the queue's own dequeue count (docs/facts/azure-functions.md §F)."""
    sources = "".join(file.read_text() for file in (ROOT / "functions").glob("*.py"))
    assert "retry(" not in sources


async def test_admin_and_policy_routes_require_credentials(client: httpx.AsyncClient) -> None:
    path = "/policy/v1/service/configuration?local_alias=x"
    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, auth=MANAGEMENT)).status_code == 401
    assert (await client.get(path, auth=POLICY)).status_code == 404


async def test_a_vmr_created_through_the_management_api_can_be_dialled(client: httpx.AsyncClient) -> None:
    conferences, question = "/api/admin/configuration/v1/conference/", "/policy/v1/service/configuration"
    room = {
        "name": "Dialled room", "pin": "1234", "guest_pin": "5678", "allow_guests": True, "ivr_theme": "Blue",
        "aliases": ["dialled.room@example.com"], "host_view": "four_mains_zero_pips",
    }  # fmt: skip
    created = await client.post(conferences, json=room, auth=MANAGEMENT)
    assert created.status_code == 201, created.text

    async def dialled(alias: str) -> httpx.Response:
        return await client.get(question, params={"local_alias": alias}, auth=POLICY)

    answer = await dialled("sip:Dialled.Room@example.com")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "status": "success",
            "action": "continue",
            "result": {
                "service_type": "conference", "name": "Dialled room", "service_tag": "", "pin": "1234",
                "guest_pin": "5678", "allow_guests": True, "ivr_theme_name": "Blue", "view": "four_mains_zero_pips",
            },
        },
    )  # fmt: skip
    assert (await dialled("dialled.room")).status_code == 404
    assert (await client.delete(created.json()["resource_uri"], auth=MANAGEMENT)).status_code == 204
    assert (await dialled("dialled.room@example.com")).status_code == 404


@pytest.mark.parametrize(
    "request_type",
    [
        "participant/properties", "participant/location", "participant/avatar/meet123456", "registrations",
        "registrations/meet123456",
    ],
)  # fmt: skip
async def test_other_policy_requests_are_left_to_the_nodes_default(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, request_type: str
) -> None:
    """The host itself returns 404, so no function runs and storage is not read, with or without credentials."""
    asked: list[str] = []
    monkeypatch.setattr(AzureTable, "get", lambda *given: asked.append(str(given)))
    for auth in (POLICY, None):
        answer = await client.get(f"/policy/v1/{request_type}?local_alias=meet123456&width=80&height=80", auth=auth)
        assert (answer.status_code, answer.content) == (404, b"")
    assert asked == []


async def test_notifications_are_accepted_only_with_their_client_state(
    host: FunctionsHost, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Graph gets its 202 either way. A notification that is not authentic reaches no queue (rule 4)."""
    caplog.set_level("INFO", "shared.meetings.worker")
    state = services().mailboxes.client_states.of(VALUES["uuid"])
    for path in ("/mailbox/notifications", "/mailbox/lifecycle"):
        for given, believed in ((state, True), (state.swapcase(), False), (state[:-1], False), ("", False)):
            caplog.clear()
            item = {"subscriptionId": "s", "clientState": given, "resourceData": {"id": "m"}}
            assert (await client.post(path, json={"value": [item]})).status_code == 202
            await host.settle()
            dropped = "dropped a notice for a deleted integration"
            assert (dropped in caplog.messages) is believed


def test_the_deployed_package_contains_what_the_app_imports() -> None:
    left_out = {line.strip() for line in (ROOT / ".funcignore").read_text().splitlines() if line.strip()}
    assert not left_out & {"functions", "shared", "addin", "function_app.py", "host.json", "requirements.txt"}
