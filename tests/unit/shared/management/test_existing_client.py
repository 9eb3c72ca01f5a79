"""Clients written for the original API work unchanged (I7).

The tests send the same requests as Pexip's Go library (v41) and its Terraform provider (pexip.md §1). Both create an
object with every plain field that is not empty, take the id from the Location header, and compare the object that they
read back with the plan. They update by PUT, with all fields except unset secrets. They send domains as URIs and read
them as objects.
"""

import re
from typing import Any

import pytest

from shared.errors import NotFound
from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS, settings
from shared.integrations.setting import is_nullable
from tests.support.integrations import GUID, full_fields
from tests.support.management_api import CONNECTORS, DOMAINS, Api, created

OWN = {
    "graph_tenant_id", "graph_client_id", "conference_platform", "copied_tag_action", "response_format",
    "reservation_days", "room_lead_time",
    "bridge_url", "bridge_username", "bridge_password", "bridge_client_id", "bridge_private_key",
}  # fmt: skip
"""Settings that the original API lacks, and that its clients therefore never send."""

ALWAYS_SENT = {"name", "uuid", "authentication_method", "auth_provider", "addin_server_domain"}


class Client:
    """Makes the same calls as Pexip's Go library."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def create(self, plan: dict[str, Any]) -> int:
        sent = {
            name: value for name, value in plan.items() if value not in ("", None) or name in ALWAYS_SENT - {"uuid"}
        }
        answer = await self._api.call("POST", CONNECTORS, sent)
        assert answer.status == 201, answer.body
        number = re.search(r"/(\d+)/?$", answer.headers["Location"])
        assert number
        return int(number[1])

    async def read(self, id_: int) -> dict[str, Any]:
        shown: dict[str, Any] = await self._api.get(f"{CONNECTORS}{id_}/")
        return shown

    async def update(self, id_: int, plan: dict[str, Any]) -> None:
        sent = {name: value for name, value in plan.items() if not (name in SECRET_FIELDS and not value)}
        answer = await self._api.call("PUT", f"{CONNECTORS}{id_}/", sent)
        assert answer.status == 202, answer.body
        assert answer.body == await self.read(id_)  # the library reads the new object from the response


def a_plan(**changes: Any) -> dict[str, Any]:
    """Every field in the original API, with its default value unless changed."""
    plan = {name: field.default for name, field, _ in settings() if name not in READ_ONLY_FIELDS | OWN | {"domains"}}
    plan = {name: "" if name in SECRET_FIELDS else value for name, value in plan.items()}
    fitting = full_fields("OAUTH", auth_provider=changes.get("auth_provider", "ADFS"))
    given = {name: value for name, value in fitting.items() if name in plan}
    return plan | given | {"uuid": GUID} | changes


def drift(plan: dict[str, Any], shown: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The differences that the provider would keep trying to correct."""
    nullable = {name for name, field, _ in settings() if is_nullable(field)}
    return {
        name: (value, shown.get(name))
        for name, value in plan.items()
        if name not in SECRET_FIELDS and shown.get(name, "") != (None if name in nullable and value == "" else value)
    }


FULL = {
    "description": "From Terraform", "meeting_buffer_before": 60, "meeting_buffer_after": 90,
    "scheduled_alias_suffix_length": 8, "allow_new_users": False, "disable_proxy": True,
    "enable_addin_debug_logs": True, "kerberos_auth_every_request": True,
    "ivr_theme": "Blue", "auth_provider": "AZURE",
    "host_identity_provider_group": "Staff",
    "placeholder_instructions_template": "<p>Later.</p>\r\n<p>Really.</p>",
    "additional_add_in_script_sources": "https://x.example.com/a.js\r\nhttps://x.example.com/b.js",
}  # fmt: skip


async def test_an_integration_is_created_read_without_drift_updated_and_removed() -> None:
    api = Api()
    client = Client(api)
    domains = [{"domain": "outlook.office365.com"}]
    plan = a_plan(**FULL)
    id_ = await client.create(plan | {"domains": domains})
    assert drift(plan, await client.read(id_)) == {}

    uris = [
        f"/api/admin/configuration/v1/exchange_domain/{each['id']}/" for each in (await client.read(id_))["domains"]
    ]
    smaller = a_plan(description="", scheduled_alias_prefix="vmr", ivr_theme=None, kerberos_realm="")
    await client.update(id_, smaller | {"domains": uris})
    assert drift(smaller, await client.read(id_)) == {}
    assert [each["domain"] for each in (await client.read(id_))["domains"]] == ["outlook.office365.com"]

    await client.update(id_, plan)
    assert drift(plan, await client.read(id_)) == {}
    assert (await api.call("DELETE", f"{CONNECTORS}{id_}/")).status == 204
    with pytest.raises(NotFound):
        await client.read(id_)


async def test_an_update_without_differences_changes_nothing() -> None:
    api = Api()
    client = Client(api)
    plan = a_plan()
    id_ = await client.create(plan | {"domains": [{"domain": "outlook.office365.com"}]})
    before = await api.call("GET", f"{CONNECTORS}{id_}/")
    domains = [each["resource_uri"] for each in before.body["domains"]]
    await client.update(id_, plan | dict.fromkeys(SECRET_FIELDS, "") | {"domains": domains})
    after = await api.call("GET", f"{CONNECTORS}{id_}/")
    assert (before.headers["ETag"], before.body) == (after.headers["ETag"], after.body)
    secret = await api.integrations.secret(GUID, "oauth_client_secret")
    assert secret is not None  # not sent, and therefore kept


async def test_references_no_longer_in_a_plan_are_removed_by_an_update() -> None:
    """The library omits nulls. The provider reports an inconsistent result if the object that it reads back differs
    from its plan.
    """
    api = Api()
    client = Client(api)
    plan = a_plan(**FULL)
    id_ = await client.create(plan | {"domains": ["outlook.office365.com"]})
    smaller = {
        name: value
        for name, value in plan.items()
        if name not in ("ivr_theme", "host_identity_provider_group", "meeting_buffer_before")
    }
    await client.update(id_, smaller)
    read = await client.read(id_)
    assert (read["ivr_theme"], read["host_identity_provider_group"], read["domains"]) == (None, None, [])
    assert read["meeting_buffer_before"] == 60  # not a reference, and not nullable


async def test_domains_can_be_managed_as_separate_resources() -> None:
    """Terraform first creates the integration, and then its domains with the integration's URI."""
    api = Api()
    client = Client(api)
    off = {"enable_dynamic_vmrs": False, "enable_personal_vmrs": False}
    id_ = await client.create(a_plan(**off))
    parent = (await client.read(id_))["resource_uri"]
    answer = await api.call("POST", DOMAINS, {"domain": "outlook.office365.com", "exchange_connector": parent})
    assert answer.status == 201
    plan = a_plan() | {"domains": [answer.headers["Location"]]}
    await client.update(id_, plan)
    assert [each["domain"] for each in (await client.read(id_))["domains"]] == ["outlook.office365.com"]


async def test_lists_work_with_the_librarys_requests() -> None:
    api = Api()
    for number in range(25):
        await created(api, name=f"Integration {number}", room_mailbox_email_address=f"vmr{number}@example.com")
    first = await api.get(CONNECTORS)
    assert (first["meta"]["total_count"], len(first["objects"])) == (25, 20)
    second = await api.get(first["meta"]["next"].removeprefix("/api/admin/"))
    assert len(second["objects"]) == 5
    assert len((await api.get(CONNECTORS + "?limit=5&offset=22&name__icontains=integration"))["objects"]) == 3
    assert await api.ids(CONNECTORS + "?name__icontains=integration+24") == [25]
