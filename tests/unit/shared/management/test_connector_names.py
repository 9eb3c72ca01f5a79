"""`connector_name`: the names of integrations, for users of the console to choose from."""

import pytest

from bench.many import fill
from shared.errors import NotFound
from shared.integrations import IntegrationStore
from tests.support.management_api import CONNECTORS, READER, Api, created

NAMES = "status/v1/connector_name/"


async def test_integration_names_are_listed_in_order_and_found_by_name_or_mailbox() -> None:
    api = Api()
    await created(api, name="Zebra", room_mailbox_email_address="first@example.com")
    await created(api, name="Antelope", room_mailbox_email_address="second@example.com")
    listed = await api.get(f"{NAMES}?order_by=name")
    assert listed["meta"]["total_count"] == 2
    assert listed["objects"][0] == {
        "id": 2,
        "name": "Antelope",
        "room_mailbox_email_address": "second@example.com",
        "exchange_connector": f"/api/admin/{CONNECTORS}2/",
        "resource_uri": f"/api/admin/{NAMES}2/",
    }
    assert await api.ids(f"{NAMES}?text=ANTEL") == await api.ids(f"{NAMES}?text=second@") == [2]
    assert await api.ids(f"{NAMES}?id__in=1,7") == [1]
    assert await api.get(f"{NAMES}1/") == listed["objects"][1]
    assert (await api.call("GET", f"{NAMES}2/", headers=READER)).body == listed["objects"][0]


async def test_the_names_of_a_thousand_integrations_take_one_storage_request() -> None:
    api = Api()
    await fill(IntegrationStore(api.storage, api.secrets, api.clock), api.storage, 1000)
    before = api.storage.round_trips
    assert len(await api.ids(f"{NAMES}?order_by=name&limit=201")) == 201
    assert len(await api.ids(f"{NAMES}?id__in=3,900")) == 2
    assert api.storage.round_trips - before == 2


async def test_a_deleted_integration_has_no_name() -> None:
    api = Api()
    await created(api)
    await api.call("DELETE", f"{CONNECTORS}1/")
    assert await api.ids(NAMES) == []
    with pytest.raises(NotFound):
        await api.get(f"{NAMES}1/")
