"""Recorded requests from real clients of the original API get the responses that those clients need (I7).

`tests/data/clients/` contains what each client sent to the local stack, and what it received. `reads` lists the fields
that a client reads from each resource, with their types in the client; "?" marks fields that may be null. `at_default`
lists the fields of a body that have the product's default values. `{name}` stands for the URI of the object that was
created, or listed first, in the step that `binds` the name. If a client wrote a whole object, it must be read back
exactly as sent; otherwise Terraform reports a difference. docs/existing-clients.md lists the recorded clients, and
explains how to record them again.
"""

import pytest

from shared.alarm_kinds import AlarmKind
from shared.api_paths import HISTORY
from shared.bookings.operation import DecisionKind, Operation
from tests.support.management_api import Api
from tests.support.recorded_client import READS, STEPS, Replay, recording
from tests.unit.shared.management.records import HOUR, api_with_one, booking, put

NOT_SHOWN = {
    "ms_exchange_connector": {
        "oauth_client_secret", "oauth_refresh_token", "password", "personal_vmr_oauth_client_secret", "private_key",
    },
}  # fmt: skip
"""Fields that the client supports but does not receive, because they are secret or do not exist. It treats them as
empty.
"""


async def a_deployment() -> Api:
    """An integration with a scheduled series and an alarm."""
    api, uuid = await api_with_one()
    await put(api, booking(api, uuid, HOUR, 3 * HOUR), uuid)
    await api.alarms.raise_(uuid, AlarmKind.SUBSCRIPTION, "Graph has removed the subscription.")
    now = api.clock.now().isoformat()
    operation = Operation("c1", "m1", now, now, "new request", DecisionKind.ACCEPT, "new", done=now)
    await put(api, operation, uuid)
    return api


async def test_every_recorded_request_gets_the_response_needed_by_the_client() -> None:
    replay = Replay(await a_deployment())
    answers = {step["name"]: await replay.step(step) for step in STEPS}
    assert len(answers) == len(STEPS) >= 60

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
def test_the_fields_read_by_the_client_are_shown(resource: str) -> None:
    """The fields are taken from the resource's schema."""
    [found] = [each for each in Api().management.resources if each.name == resource and each.area != HISTORY]
    shown = {name for name, each in found.schema["properties"].items() if not each.get("writeOnly")}
    assert READS[resource].keys() - shown == NOT_SHOWN.get(resource, set())


async def test_terraform_creates_changes_plans_without_a_difference_and_destroys() -> None:
    steps, reads = recording("terraform-infinity")
    api = await a_deployment()
    replay, answers = Replay(api, reads), {}
    for step in steps:
        answers[step["name"]] = await replay.step(step)
    assert len(answers) == len(steps) >= 40
    assert {"POST", "PUT", "GET", "DELETE"} == {step["method"] for step in steps}
    for stage in ("create", "set everything", "remove it again"):
        plans = [name for name in answers if name.startswith(f"plan after {stage}: ")]
        assert len(plans) == 5, "every object is read back as it was sent"
    assert answers["create: create the OAuth2 client"].body["private_key_jwt"].startswith("-----BEGIN")
    everything = answers["plan after set everything: read the integration"].body
    assert (everything["authentication_method"], everything["ivr_theme"]) == ("APP_PERM", "Dark")
    assert answers["plan after remove it again: read the integration"].body["ivr_theme"] is None
    assert len(await api.ids("configuration/v1/ms_exchange_connector/")) == 1, "only the original one"


async def test_a_public_python_client_works_unchanged() -> None:
    steps, reads = recording("python-mgmt-mcp")
    replay = Replay(await a_deployment(), reads)
    answers = {step["name"]: await replay.step(step) for step in steps}
    assert answers.keys() >= {"read the schema of conference", "change the conference", "delete the user", "list alarm"}
    assert answers["list conference_alias"].body["meta"]["total_count"] == 1
