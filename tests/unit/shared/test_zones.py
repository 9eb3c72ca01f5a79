"""Exchange's names for time zones (docs/facts/outlook-addin.md)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from shared.zones import iana_zone, zone_info, zone_like


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("W. Europe Standard Time 1", "Europe/Berlin"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(UTC-06:00) Central America", "America/Guatemala"),
        ("(UTC+02:00) Amsterdam, Berlin", ""),
        ("(UTC+09:00) Nowhere", ""),
        ("Kamchatka Standard Time", "Asia/Kamchatka"),
        ("(UTC+12:00) Petropavlovsk-Kamchatsky - Old", "Asia/Kamchatka"),
        ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
        ("(UTC-02:00) Mid-Atlantic - Old", "Etc/GMT+2"),
        ("tzone://Microsoft/Custom", ""),
        ("Customized Time Zone", ""),
        ("", ""),
        ("../../etc/passwd", ""),
        ("/etc/passwd", ""),
    ],
)
def test_zone_names_are_recognized(name: str, iana: str) -> None:
    assert iana_zone(name) == iana


@pytest.mark.parametrize("name", ["UTC", "utc", "tzone://Microsoft/Utc", "Etc/UTC", "(UTC) Coordinated Universal Time"])
def test_utc_is_recognized_by_all_its_names(name: str) -> None:
    assert iana_zone(name) in ("UTC", "Etc/UTC")


@pytest.mark.parametrize("name", win_tz)
def test_python_supports_every_windows_zone(name: str) -> None:
    assert iana_zone(name) in available_timezones()


@given(st.text(max_size=60))
def test_any_name_gives_a_zone(name: str) -> None:
    assert zone_info(iana_zone(name))


@given(st.from_regex(r"\((UTC|GMT)([+-][0-9]{2}:[0-9]{2})?\) [A-Za-z&, ().-]{1,40}", fullmatch=True))
def test_any_display_name_gives_a_zone(name: str) -> None:
    assert zone_info(iana_zone(name))


WHEN = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Europe/Vienna", "America/Chicago", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_rules_are_matched_to_a_zone_with_the_same_offsets(name: str) -> None:
    found = ZoneInfo(zone_like(lambda moment: moment.astimezone(ZoneInfo(name)).utcoffset(), WHEN))
    for month in range(1, 13):
        noon = datetime(2026, month, 15, 12, tzinfo=UTC)
        assert noon.astimezone(found).utcoffset() == noon.astimezone(ZoneInfo(name)).utcoffset()


def test_rules_that_match_no_zone_are_not_recognized() -> None:
    assert zone_like(lambda _: timedelta(hours=5, minutes=17), WHEN) == ""
