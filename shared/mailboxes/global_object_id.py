"""Exchange's binary id of a meeting, PidLidCleanGlobalObjectId ([MS-OXOCAL]; facts/graph-ews-tokens.md §1)."""

import base64

_CLIENT_UID = b"vCal-Uid\x01\x00\x00\x00"
"""Comes before the uid in a global object id that Exchange made for another calendar's meeting."""


def uid_of(clean_global_object_id: str) -> str:
    """The meeting's uid in a CleanGlobalObjectId (base64): hex digits, or the foreign uid in it; "" for noise."""
    try:
        raw = base64.b64decode(clean_global_object_id, validate=True)
    except ValueError:
        return ""
    _, marker, wrapped = raw.partition(_CLIENT_UID)
    return wrapped.rstrip(b"\x00").decode("ascii", "replace") if marker else raw.hex().upper()
