"""Zone names of Exchange (facts/graph-ews-tokens.md §1)."""

from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from shared.zones import iana_zone


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("tzone://Microsoft/Custom", "UTC"),
        ("Customized Time Zone", "UTC"),
        ("", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("/etc/passwd", "UTC"),
    ],
)
def test_names(name: str, iana: str) -> None:
    assert iana_zone(name) == iana


@pytest.mark.parametrize("name", ["UTC", "utc", "tzone://Microsoft/Utc", "Etc/UTC"])
def test_utc_by_all_its_names(name: str) -> None:
    assert iana_zone(name) in ("UTC", "Etc/UTC")


@pytest.mark.parametrize("name", win_tz)
def test_every_windows_zone_is_one_that_python_knows(name: str) -> None:
    assert iana_zone(name) in available_timezones()


@given(st.text(max_size=60))
def test_any_name_gives_a_zone(name: str) -> None:
    ZoneInfo(iana_zone(name))
