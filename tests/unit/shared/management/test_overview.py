"""W5: the overview by day and by hour, which costs the same for one integration as for thousands."""

from datetime import timedelta
from typing import Any

import pytest

from shared.alarm_kinds import REMEDIES, AlarmKind
from shared.bookings.booking import State
from shared.errors import NotFound, Unavailable
from shared.meetings.decision import Accepted, Rejected
from shared.statistics import counts
from shared.statistics.counters import Counters
from shared.statistics.forecast import FORECAST_HOURS, SUM_LIFETIME, refresh_forecast
from shared.statistics.rows import FORECAST_PARTITION, statistics_table
from shared.storage import Put
from tests.support.integrations import graph_fields
from tests.support.management_api import CONNECTORS, Api
from tests.unit.shared.management.records import api_with_one, booking, put

OVERVIEW = "status/v1/overview/"
FORMER = "history/v1/alarm/"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOST_TRIPS = 4


async def count(api: Api, integration: str, *names: str) -> None:
    counters = Counters(api.storage, api.clock)
    counters.count(integration, names)
    await counters.write()


async def deployment(api: Api) -> dict[str, Any]:
    [found] = (await api.get(OVERVIEW))["objects"]
    return dict(found)


async def test_days_show_the_decisions_and_how_long_they_took() -> None:
    api, integration = await api_with_one()
    await count(api, integration, counts.outcome(Accepted.NEW_SINGLE, "accept"), counts.ALIASES_USED, counts.lag(2))
    api.clock.move(DAY)
    await count(
        api,
        integration,
        counts.outcome(Accepted.EDITED_SERIES, "accept"),
        counts.outcome(Rejected.ALIAS_CONFLICT, "reject"),
        counts.outcome("", "close"),
        counts.SWEEP_REPAIRS,
        *[counts.lag(4)] * 9,
        counts.lag(600),
    )
    overview = await deployment(api)
    yesterday, today = overview["days"][-2:]
    assert len(overview["days"]) == 30
    assert (yesterday["day"], today["day"]) == ("2026-11-23", "2026-11-24")
    assert (yesterday["meetings"], yesterday["aliases"], yesterday["accepted"]) == (1, 1, 1)
    assert 2 <= yesterday["time_to_answer_p95"] <= 2.5
    assert today["outcomes"] == {Accepted.EDITED_SERIES: 1, Rejected.ALIAS_CONFLICT: 1, "close": 1}
    assert (today["meetings"], today["accepted"], today["declined"], today["other"]) == (0, 1, 1, 1)
    assert (today["answered"], today["repairs"]) == (10, 1)
    assert 4 <= today["time_to_answer_p50"] <= 5
    assert 600 <= today["time_to_answer_p95"] <= 750
    own = await api.get(f"{OVERVIEW}1/")
    assert own["days"] == overview["days"]
    assert own["exchange_connector"] == f"/api/admin/{CONNECTORS}1/"


async def test_an_integrations_own_overview_excludes_the_others() -> None:
    api, first = await api_with_one()
    other = graph_fields(name="Other", room_mailbox_email_address="other@example.com", scheduled_alias_prefix="99")
    await api.call("POST", CONNECTORS, other)
    await count(api, first, counts.outcome("", "close"))
    assert (await api.get(f"{OVERVIEW}2/"))["days"][-1]["other"] == 0
    with pytest.raises(NotFound):
        await api.get(f"{OVERVIEW}3/")


async def test_open_rooms_are_counted_for_each_hour() -> None:
    api, integration = await api_with_one()  # at 9:00, with buffers of 30 and 60 minutes
    await put(api, booking(api, integration, 3 * HOUR, 27 * HOUR), integration)
    closed = booking(api, integration, 3 * HOUR, tag="7f8cf6fc-7ab0-4e1d-a6c8-3b5e5a1a1f3d")
    await put(api, closed.closed(), integration)
    await refresh_forecast(api.storage, integration, api.clock.now())
    for path in (f"{OVERVIEW}0/", f"{OVERVIEW}1/"):
        overview = await api.get(path)
        assert overview["rooms_from"] == "2026-11-23T09:00:00"
        open_ = [hour for hour, rooms in enumerate(overview["rooms_by_hour"]) if rooms]
        assert open_ == [2, 3, 4, 26, 27, 28]  # from 11:30 until 14:00
    api.clock.move(HOUR)
    assert (await api.get(f"{OVERVIEW}1/"))["rooms_by_hour"][:3] == [0, 1, 1]


async def test_hours_without_rooms_leave_no_row() -> None:
    api, integration = await api_with_one()
    record = booking(api, integration, HOUR)
    await put(api, record, integration)
    await refresh_forecast(api.storage, integration, api.clock.now())
    api.clock.move(DAY)
    await refresh_forecast(api.storage, integration, api.clock.now())
    assert await statistics_table(api.storage).get(FORECAST_PARTITION, integration) is None
    assert record.state is State.SCHEDULED
    assert (await deployment(api))["rooms_by_hour"] == [0] * FORECAST_HOURS


async def test_the_overview_costs_the_same_for_any_number_of_integrations() -> None:
    api, _ = await api_with_one()
    table, now = statistics_table(api.storage), api.clock.now().isoformat()
    for n in range(2500):
        row = {"start": now, "rooms": f"[{n % 2}]", "made": now}
        await table.commit(FORECAST_PARTITION, Put(f"{n:08d}-0000-4000-8000-000000000000", row))
    assert (await deployment(api))["rooms_by_hour"][0] == 1250
    before = api.storage.round_trips
    await deployment(api)
    assert api.storage.round_trips - before <= MOST_TRIPS
    api.clock.move(SUM_LIFETIME)
    await deployment(api)  # the sum is recomputed, for all readers
    before = api.storage.round_trips
    await deployment(api)
    assert api.storage.round_trips - before <= MOST_TRIPS


async def test_a_past_alarm_can_still_be_viewed() -> None:
    api, integration = await api_with_one()
    await api.alarms.raise_(integration, AlarmKind.CONNECTION, "Exchange returned 403.")
    assert (await api.get(FORMER))["objects"] == []
    api.clock.move(HOUR)
    await api.alarms.clear(integration, AlarmKind.CONNECTION)
    [shown] = (await api.get(FORMER))["objects"]
    assert (shown["name"], shown["level"], shown["instance"]) == ("connection_failed", "critical", "Example Corp")
    assert (shown["time_raised"], shown["time_lowered"]) == ("2026-11-23T09:00:00", "2026-11-23T10:00:00")
    assert (shown["details"], shown["remedy"]) == ("Exchange returned 403.", REMEDIES[AlarmKind.CONNECTION])
    assert await api.get(str(shown["resource_uri"]).removeprefix("/api/admin/")) == shown
    with pytest.raises(NotFound):
        await api.get(f"{FORMER}1/")


async def test_an_alarm_is_cleared_even_if_its_history_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    api, integration = await api_with_one()
    await api.alarms.raise_(integration, AlarmKind.CONNECTION, "Exchange returned 403.")

    async def away(*_: object) -> list[str]:
        raise Unavailable("storage is down")

    monkeypatch.setattr(statistics_table(api.storage), "commit", away)
    await api.alarms.clear(integration, AlarmKind.CONNECTION)
    assert (await api.get("status/v1/alarm/"))["objects"] == []
