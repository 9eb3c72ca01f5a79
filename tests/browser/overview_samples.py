"""A sample overview of a busy deployment. It is always the same, so that pictures do not change."""

from datetime import date, timedelta
from math import sin
from typing import Any

FIRST, HOURS = date(2026, 10, 31), 14 * 24


def overview() -> dict[str, Any]:
    """The response from status/v1/overview/0/."""
    rooms = [max(0, round(18 * sin((n % 24 - 6) / 12 * 3.14))) if (n // 24) % 7 < 5 else 0 for n in range(HOURS)]
    return {
        "id": 0,
        "exchange_connector": None,
        "days": [_day(n) for n in range(30)],
        "rooms_by_hour": rooms,
        "rooms_from": "2026-11-30T00:00:00",
        "rooms_as_of": "2026-11-29T23:20:00",
        "resource_uri": "/api/admin/status/v1/overview/0/",
    }


def _day(n: int) -> dict[str, Any]:
    day = FIRST + timedelta(days=n)
    busy = 0 if day.weekday() > 4 else 20 + (n * 7) % 13
    outcomes = {
        "accept_new_single_meeting_template": busy,
        "accept_edited_single_meeting_template": busy // 3,
        "reject_alias_conflict_template": n % 4 if busy else 0,
        "close": busy // 5,
    }
    declined = outcomes["reject_alias_conflict_template"]
    return {
        "day": day.isoformat(),
        "meetings": busy,
        "aliases": busy + 1 if busy else 0,
        "accepted": busy + busy // 3,
        "declined": declined,
        "other": busy // 5,
        "outcomes": outcomes,
        "answered": busy + busy // 3 + declined,
        "time_to_answer_p50": 1.9 + (n % 5) / 10 if busy else None,
        "time_to_answer_p95": 4.7 + (n % 7) / 2 if busy else None,
        "repairs": int(n % 11 == 3),
    }
