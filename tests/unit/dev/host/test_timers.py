"""NCRONTAB expressions: when a timer is due. tests/conformance/test_host.py tests how timers run."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dev.host.timers import next_run

AT = datetime(2026, 11, 23, 14, 2, 3, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ("0 */5 * * * *", datetime(2026, 11, 23, 14, 5, tzinfo=UTC)),
        ("*/10 * * * * *", datetime(2026, 11, 23, 14, 2, 10, tzinfo=UTC)),
        ("0 0 */6 * * *", datetime(2026, 11, 23, 18, 0, tzinfo=UTC)),
        ("30 15 4 1 * *", datetime(2026, 12, 1, 4, 15, 30, tzinfo=UTC)),
        ("0 0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC)),
        ("0 0 9 * * MON-FRI", datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
    ],
)
def test_the_next_run_is_computed(schedule: str, due: datetime) -> None:
    assert next_run(schedule, AT) == due


def test_the_next_run_is_strictly_later_and_in_utc() -> None:
    due = datetime(2026, 11, 23, 15, 5, tzinfo=timezone(timedelta(hours=1)))
    assert next_run("0 */5 * * * *", due) == datetime(2026, 11, 23, 14, 10, tzinfo=UTC)
