"""Exchange's binary id of a meeting, PidLidGlobalObjectId ([MS-OXOCAL] 2.2.1.27; docs/facts/graph.md).

Bytes 16 to 19 contain an occurrence's date in the series' pattern. For a whole meeting they are zero. With zeros there,
the id is the PidLidCleanGlobalObjectId, which all occurrences share with their series.
"""

import base64
from datetime import date

_CLIENT_UID = b"vCal-Uid\x01\x00\x00\x00"
"""Marks the start of the uid in a global object id that Exchange created for a meeting from another calendar."""


def uid_of(clean_global_object_id: str) -> str:
    """The meeting's uid in a CleanGlobalObjectId (base64): hexadecimal digits, or the uid from another calendar; "" for
    garbage.
    """
    try:
        raw = base64.b64decode(clean_global_object_id, validate=True)
    except ValueError:
        return ""
    _, marker, wrapped = raw.partition(_CLIENT_UID)
    return wrapped.rstrip(b"\x00").decode("ascii", "replace") if marker else raw.hex().upper()


_CLASS_ID = bytes.fromhex("040000008200E00074C5B7101A82E008")
_DATE = slice(16, 20)


def series_uid(ical_uid: str) -> str:
    """The uid that an occurrence with this iCalUId shares with its series; "" if the iCalUId does not contain it."""
    raw = _global_object_id(ical_uid)
    if not raw or not any(raw[_DATE]):
        return ical_uid if raw else ""
    return (raw[: _DATE.start] + bytes(4) + raw[_DATE.stop :]).hex().upper()


def day_of(ical_uid: str) -> str:
    """The date (yyyymmdd) in the iCalUId of one occurrence; "" for a whole meeting, or if there is no date."""
    raw = _global_object_id(ical_uid)
    try:
        return f"{date(int.from_bytes(raw[16:18]), raw[18], raw[19]):%Y%m%d}" if raw else ""
    except ValueError:
        return ""


def hex_of(global_object_id: str) -> str:
    """A global object id (base64) as hexadecimal digits, like an iCalUId; "" for garbage."""
    try:
        return base64.b64decode(global_object_id, validate=True).hex().upper()
    except ValueError:
        return ""


def _global_object_id(ical_uid: str) -> bytes:
    """A uid's bytes. There are none for a uid from another calendar, which may be any text."""
    try:
        raw = bytes.fromhex(ical_uid)
    except ValueError:
        return b""
    return raw if raw.startswith(_CLASS_ID) and len(raw) >= _DATE.stop else b""
