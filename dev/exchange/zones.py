"""Windows and IANA names of time zones. Exchange uses Windows names. People also use IANA names."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import tz_win, win_tz

CUSTOM = "tzone://Microsoft/Custom"
"""Exchange's name for a zone that has no Windows name."""

_UTC_NAMES = frozenset({"utc", "etc/utc", "etc/gmt", "gmt", "tzone://microsoft/utc"})
_WINDOWS = {name.casefold(): iana for name, iana in win_tz.items()}


class UnknownZoneError(ValueError):
    """A name is neither a Windows nor an IANA time zone name."""


def zone(name: str) -> tzinfo:
    """The rules of the zone with the given Windows or IANA name; raises `UnknownZoneError`."""
    if name.casefold() in _UTC_NAMES:
        return UTC
    iana = _WINDOWS.get(name.casefold(), name)
    try:
        return ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZoneError(f"'{name}' is neither a Windows nor an IANA time zone") from error


def windows_name(name: str) -> str:
    """The Windows name of the zone with the given Windows or IANA name ("Europe/Berlin" → "W. Europe Standard
    Time").
    """
    if name.casefold() in _UTC_NAMES:
        return "UTC"
    if name.casefold() in _WINDOWS:
        return name
    zone(name)
    return tz_win.get(name, CUSTOM)


def to_utc(local: datetime, name: str) -> datetime:
    """Convert a wall clock time in a zone to UTC.

    A time skipped by a DST change uses the offset before the change. As in Outlook, this moves it forward by the
    skipped hour. A time that occurs twice means the first occurrence.
    """
    return local.replace(tzinfo=zone(name), fold=0).astimezone(UTC)


def to_local(moment: datetime, name: str) -> datetime:
    """The local time in a zone at a given time, without an offset."""
    return moment.astimezone(zone(name)).replace(tzinfo=None, fold=0)
