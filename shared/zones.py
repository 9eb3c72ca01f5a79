"""Time zone names, as Exchange writes them, to IANA names."""

from functools import cache
from zoneinfo import available_timezones

UTC_NAME = "UTC"
_LEGACY_PREFIX = "tzone://Microsoft/"


@cache
def _windows_names() -> dict[str, str]:
    from tzlocal.windows_tz import win_tz

    return {windows.casefold(): iana for windows, iana in win_tz.items()}


@cache
def _iana_names() -> frozenset[str]:
    return frozenset(available_timezones())


def iana_zone(name: str) -> str:
    """The IANA name of a Windows or IANA zone name.

    `tzone://Microsoft/Utc` is UTC. A custom zone (`tzone://Microsoft/Custom`) and an unknown name tell nothing that
    could be used: UTC, the zone in which Exchange hands out all times (facts/graph-ews-tokens.md §1).
    """
    bare = name.removeprefix(_LEGACY_PREFIX)
    if windows := _windows_names().get(bare.casefold()):
        return windows
    return bare if bare in _iana_names() else UTC_NAME
