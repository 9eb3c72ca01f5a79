"""Converts Exchange's time zone names to IANA names."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

OffsetAt = Callable[[datetime], timedelta | None]
"""The offset from UTC at a given time."""

UTC_NAME = "UTC"
_LEGACY_PREFIX = "tzone://Microsoft/"
_RETIRED = {
    # Windows still has these zones, but the table in Unicode's CLDR does not (docs/facts/outlook-addin.md).
    "kamchatka standard time": "Asia/Kamchatka",
    "petropavlovsk-kamchatsky standard time": "Asia/Kamchatka",  # its display name
    "mid-atlantic standard time": "Etc/GMT+2",
    "coordinated universal time": UTC_NAME,
}
_COPY = re.compile(r"\s+\d+$")
"""The number that Windows and Outlook append to zones with the same name: "W. Europe Standard Time 1"."""
_DISPLAY = re.compile(r"\((?:UTC|GMT)(?:([+-])(\d\d?):(\d\d))?\)\s*(.+)", re.IGNORECASE | re.ASCII)
"""Matches a display name: "(UTC+01:00) Amsterdam, Berlin, Bern", "(UTC-05:00) Eastern Time (US & Canada)"."""
_TIME = re.compile(r"\s+Time(?:\s+\(.*\))?$|\s+-\s+Old$", re.IGNORECASE)


def iana_zone(name: str) -> str:
    """The IANA name for a zone's Windows, IANA or display name; "" if it is unknown.

    `tzone://Microsoft/Utc` is UTC. The name of a custom zone (`tzone://Microsoft/Custom`, "Customized Time Zone") has
    no meaning: see `zone_like`.
    """
    bare = name.removeprefix(_LEGACY_PREFIX).strip()
    for known in (bare, _COPY.sub("", bare)):
        if found := _windows_names().get(known.casefold()) or _iana_names().get(known.casefold()):
            return found
    display = _DISPLAY.fullmatch(bare)
    return _by_display_name(display) if display else ""


def zone_info(name: str) -> ZoneInfo:
    """The zone for a name returned by `iana_zone`. For "", it is UTC, because Exchange returns all times in UTC."""
    return ZoneInfo(name or UTC_NAME)


def zone_like(offset_at: OffsetAt, when: datetime) -> str:
    """The IANA name of a zone whose time follows these rules throughout the year of `when`; "" if there is none.
    Windows zones are tried first, because Outlook uses them.
    """
    noons = [datetime(when.year, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(365)]
    wanted = [offset_at(noon) for noon in noons]
    for name in dict.fromkeys((*_windows_names().values(), *sorted(_iana_names().values()))):
        zone = ZoneInfo(name)
        if all(noon.astimezone(zone).utcoffset() == offset for noon, offset in zip(noons, wanted, strict=True)):
            return name
    return ""


def _by_display_name(display: re.Match[str]) -> str:
    sign, hours, minutes, label = display.groups(default="")
    if not sign:
        return _windows_names().get(f"{_TIME.sub('', label)} Standard Time".casefold(), UTC_NAME)
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    return next((name for name in _candidates(label) if _standard_offset(name) == offset), "")


def _candidates(label: str) -> Iterator[str]:
    """The zones that a display name may refer to, given without its offset: first by its own name, then by
    its cities.
    """
    named = f"{_TIME.sub('', label)} Standard Time".casefold()
    if found := _windows_names().get(named):
        yield found
    for city in label.casefold().split(","):
        if found := _cities().get(city.strip()):
            yield found


def _standard_offset(name: str) -> timedelta | None:
    zone = ZoneInfo(name)
    offsets = [datetime(2026, month, 1, tzinfo=zone).utcoffset() or timedelta() for month in (1, 7)]
    return min(offsets)


@cache
def _windows_names() -> dict[str, str]:
    from tzlocal.windows_tz import win_tz

    return _RETIRED | {windows.casefold(): iana for windows, iana in win_tz.items()}


@cache
def _iana_names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@cache
def _cities() -> dict[str, str]:
    return {name.rpartition("/")[2].replace("_", " "): iana for name, iana in sorted(_iana_names().items())}
