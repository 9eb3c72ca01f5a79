"""The management API's resource `exchange_domain`."""

from typing import Any

import pytest

from shared.errors import NotFound
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, DOMAINS, Api

PARENT = "/api/admin/configuration/v1/ms_exchange_connector/1/"


async def api_with_one() -> Api:
    api = Api()
    assert (await api.call("POST", CONNECTORS, graph_fields())).status == 201
    return api


async def test_a_domain_entry_is_part_of_its_integration() -> None:
    api = await api_with_one()
    answer = await api.call("POST", DOMAINS, {"domain": "mail.example.com", "exchange_connector": PARENT})
    assert answer.status == 201
    assert answer.headers["Location"] == "/api/admin/configuration/v1/exchange_domain/2/"
    assert await api.get(DOMAINS + "2/") == answer.body
    assert (await api.get(CONNECTORS + "1/"))["domains"][1] == answer.body
    assert await api.ids(DOMAINS + "?exchange_connector=1&domain__endswith=.com") == [1, 2]


async def test_a_renamed_domain_entry_keeps_its_id() -> None:
    api = await api_with_one()
    answer = await api.call("PUT", DOMAINS + "1/", {"domain": "mail.example.com", "exchange_connector": PARENT})
    assert (answer.status, answer.body["id"], answer.body["domain"]) == (202, 1, "mail.example.com")
    assert (await api.get(CONNECTORS + "1/"))["domains"] == [answer.body]


async def test_a_domain_entry_can_be_sent_back_as_read() -> None:
    api = await api_with_one()
    shown = await api.get(DOMAINS + "1/")
    assert (await api.call("PUT", DOMAINS + "1/", shown)).body == shown
    assert (await api.call("PATCH", DOMAINS + "1/", {})).body == shown


async def test_the_last_domain_entry_can_be_deleted() -> None:
    api = await api_with_one()
    await api.call("POST", DOMAINS, {"domain": "mail.example.com", "exchange_connector": PARENT})
    assert (await api.call("DELETE", DOMAINS + "1/")).status == 204
    assert await api.ids(DOMAINS) == [2]
    assert (await api.call("DELETE", DOMAINS + "2/")).status == 204
    assert await api.ids(DOMAINS) == []
    [integration] = await api.integrations.list()
    assert api.lifecycle.told[-3:] == [("saved", integration.uuid)] * 3


async def test_an_integration_can_be_created_before_its_domains() -> None:
    api = Api()
    fields = {name: value for name, value in graph_fields().items() if name != "domains"}
    created = await api.call("POST", CONNECTORS, fields)
    assert (created.status, created.body["domains"]) == (201, [])
    entry = await api.call("POST", DOMAINS, {"domain": "mail.example.com", "exchange_connector": PARENT})
    assert entry.status == 201
    assert (await api.get(CONNECTORS + "1/"))["domains"] == [entry.body]


async def test_vmrs_can_be_enabled_once_the_domains_exist() -> None:
    api = Api()
    off = {**graph_fields(enable_dynamic_vmrs=False), "domains": []}
    assert (await api.call("POST", CONNECTORS, off)).status == 201
    entry = await api.call("POST", DOMAINS, {"domain": "mail.example.com", "exchange_connector": PARENT})
    on = {**off, "enable_dynamic_vmrs": True, "domains": [entry.body["resource_uri"]]}
    assert (await api.call("PUT", CONNECTORS + "1/", on)).body["domains"] == [entry.body]


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({}, {"domain"}),
        ({"domain": 5, "exchange_connector": PARENT}, {"domain"}),
        ({"domain": "", "exchange_connector": PARENT}, {"domain"}),
        ({"domain": "not a host", "exchange_connector": PARENT}, {"domain"}),
        ({"domain": "http://mail.example.com/x", "exchange_connector": PARENT}, {"domain"}),
        ({"domain": "outlook.office365.com", "exchange_connector": PARENT}, {"domain"}),
        ({"domain": "mail.example.com"}, {"exchange_connector"}),
        ({"domain": "mail.example.com", "exchange_connector": 1}, {"exchange_connector"}),
        ({"domain": "mail.example.com", "exchange_connector": PARENT.replace("1/", "9/")}, {"exchange_connector"}),
        ({"domain": "mail.example.com", "exchange_connector": PARENT, "colour": "red"}, {"colour"}),
    ],
)
async def test_faults_in_a_domain_entry_are_reported_by_field(fields: dict[str, Any], faults: set[str]) -> None:
    api = await api_with_one()
    answer = await api.call("POST", DOMAINS, fields)
    assert answer.status == 400
    assert set(answer.body["exchange_domain"]) == faults
    assert await api.ids(DOMAINS) == [1]


async def test_a_domain_entry_cannot_move_to_another_integration() -> None:
    api = await api_with_one()
    other = graph_fields(name="Other", room_mailbox_email_address="other@example.com")
    assert (await api.call("POST", CONNECTORS, other)).status == 201
    answer = await api.call("PUT", DOMAINS + "1/", {"exchange_connector": PARENT.replace("1/", "2/")})
    assert set(answer.body["exchange_domain"]) == {"exchange_connector"}


async def test_a_missing_domain_entry_is_reported() -> None:
    api = await api_with_one()
    for method in ("GET", "PUT", "DELETE"):
        with pytest.raises(NotFound, match="no exchange_domain with id 9"):
            await api.call(method, DOMAINS + "9/", {})
