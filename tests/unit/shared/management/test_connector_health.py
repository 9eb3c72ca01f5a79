"""`connector_health`: the state of several integrations, as listed in the console."""

from datetime import timedelta

from shared.alarm_kinds import AlarmKind
from shared.bookings.rows import meetings_table
from shared.intake.watch_state import WatchState
from shared.meetings.waiting import WaitingMessages
from shared.statistics import counts
from shared.statistics.counters import Counters
from tests.support.management_api import Api, created

HEALTH = "status/v1/connector_health/"


async def test_alarms_waiting_messages_and_the_subscription_are_reported() -> None:
    api = Api()
    uuid = (await created(api))["uuid"]
    well = (await api.get(HEALTH))["objects"][0]
    assert (well["alarms"], well["waiting"], well["subscription_expires"]) == (0, 0, None)
    assert (well["last_message_day"], well["time_to_answer_p50"]) == (None, None)
    assert well["exchange_connector"] == "/api/admin/configuration/v1/ms_exchange_connector/1/"
    now = api.clock.now()
    await api.alarms.raise_(uuid, AlarmKind.CONNECTION, "no route")
    await WaitingMessages(meetings_table(api.storage), uuid).add("c", "m", "away", now, is_fault=True)
    counters = Counters(api.storage, api.clock)
    counters.count(uuid, [counts.outcome("", "accept"), counts.lag(2)])
    await counters.write()
    expires = now + timedelta(hours=1)
    await WatchState(api.storage, uuid, "").write("subscription", id="s", expires=expires.isoformat())
    ill = await api.get(f"{HEALTH}1/")
    assert (ill["alarms"], ill["waiting"], ill["subscription_expires"]) == (1, 1, "2026-11-23T10:00:00")
    answered = counts.percentile({counts.lag(2): 1}, 1)
    assert (ill["last_message_day"], ill["time_to_answer_p50"]) == ("2026-11-23", answered)


async def test_health_can_be_requested_by_id_for_one_page_of_integrations() -> None:
    api = Api()
    for number in range(4):
        await created(api, room_mailbox_email_address=f"r{number}@example.com")
    api.integrations.list = None  # type: ignore[assignment]  # reading all settings fails
    assert await api.ids(f"{HEALTH}?id__in=2,4,9") == [2, 4]
    assert await api.ids(f"{HEALTH}?limit=1&offset=2") == [3]
