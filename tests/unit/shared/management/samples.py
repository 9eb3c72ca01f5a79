"""Sample meetings and VMRs shared by tests of the management API."""

from dataclasses import replace
from typing import Any

from shared.bookings.operation import DecisionKind, Operation
from shared.bookings.rows import meetings_table
from shared.calendar.conference import Calendar
from shared.calendar.request import meeting_key
from shared.storage import Put
from tests.support.integrations import graph_fields
from tests.support.management_api import Api
from tests.support.meetings import NOW, OTHER_TAG, at, booking, conference, scheduled

CONFERENCES = "configuration/v1/conference/"
ROOM = {
    "name": "Alice's room",
    "primary_owner_email_address": "alice@example.com",
    "aliases": [{"alias": "alice@example.com"}, {"alias": "5550123", "description": "By telephone"}],
}
MEETINGS = "status/v1/meeting/"


async def deployment() -> Api:
    """An integration with a meeting in progress, a series, and a reservation."""
    api = Api()
    uuid = (await api.integrations.create(graph_fields())).uuid
    table = meetings_table(api.storage)
    told = replace(conference(Calendar((at(-0.1),))), description="Booked by alice@example.com", subject="Review")
    weekly = Calendar((at(-168), at(24), at(192)))
    for each in (
        scheduled(told.calendar, conference=told),
        scheduled(weekly, "uid-2", OTHER_TAG),
        booking("cccccccc-cccc-4ccc-8ccc-cccccccccccc"),
    ):
        await table.commit(uuid, Put(each.key, each.values()))
    operation = Operation(
        "7e1f4c5e-9f1c-5b3a-8f0e-2f3a4b5c6d7e", "m1", NOW.isoformat(), NOW.isoformat(), "new request single",
        DecisionKind.ACCEPT, "", meeting=meeting_key("uid-1"),
    )  # fmt: skip
    await table.commit(uuid, Put(operation.key, operation.values()))
    return api


async def listed(api: Api, query: str = "") -> list[dict[str, Any]]:
    answer = await api.call("GET", f"{MEETINGS}?{query}")
    assert answer.status == 200
    return list(answer.body["objects"])
