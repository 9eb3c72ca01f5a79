"""Global object ids of meetings (MS-OXOCAL), from which iCalUId and uid are derived.

Layout: class id (16 bytes), date of the occurrence (4 bytes, zero for a whole meeting), creation time (8 bytes), zeros
(8 bytes), length (4 bytes), data. `iCalUId` is the hex text with the date, and `uid` is the hex text without the date.
"""

import uuid
from datetime import UTC, date, datetime

_CLASS_ID = "040000008200E00074C5B7101A82E008"
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def new_uid(now: datetime) -> str:
    """A new uid in upper-case hex."""
    ticks = int((now - _FILETIME_EPOCH).total_seconds() * 10_000_000)
    created = ticks.to_bytes(8, "little").hex()
    return (_CLASS_ID + "00000000" + created + "00" * 8 + "10000000" + uuid.uuid4().hex).upper()


def of_occurrence(uid: str, day: date | None) -> str:
    """The global object id of an occurrence: the uid with the occurrence's date, or the uid itself if `day` is None. A
    uid from another product (not a global object id) is returned unchanged.
    """
    if day is None or not uid.upper().startswith(_CLASS_ID):
        return uid
    start = len(_CLASS_ID)
    return f"{uid[:start]}{day.year:04X}{day.month:02X}{day.day:02X}{uid[start + 8 :]}"
