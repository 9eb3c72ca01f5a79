"""What the product knows messages and calendar items by: EWS's own ids change.

Their texts stand in queue messages and records, with `|` between the parts; no id of Exchange's holds one.
"""

from dataclasses import dataclass
from typing import Self

_LONGEST_ID = 512
"""Characters of an EWS id, by its schema."""


@dataclass(frozen=True)
class MessageId:
    """What the product knows a message by: `<stable part>|<EWS id>`, and what speeds reading it up.

    An EWS id changes when the message moves, and accepting moves it. `stable` stays: PR_SEARCH_KEY with the
    time of arrival. Records go by it (shared/bookings/operation.py), so a message that comes again from Deleted Items
    is the one that was decided on. `calendar_item` is where its calendar item was when the folder was read, "" if
    unknown; `is_occurrence` that this is one of a series: hints, which may have become wrong.
    """

    stable: str
    ews_id: str
    calendar_item: str = ""
    is_occurrence: bool = False

    def __str__(self) -> str:
        hints = [self.calendar_item, "occurrence"][: 1 + self.is_occurrence] if self.calendar_item else []
        return "|".join([self.stable, self.ews_id, *hints])

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` wrote. A bare EWS id is one, too; noise is cut to what may be asked for."""
        stable, _, rest = text.partition("|")
        ews_id, calendar_item, occurrence, *_ = [*rest.split("|"), "", ""]
        return cls(stable, (ews_id or stable)[:_LONGEST_ID], calendar_item[:_LONGEST_ID], bool(occurrence))


@dataclass(frozen=True)
class ItemReference:
    """What the product knows a calendar item by: `<EWS id>|<CleanGlobalObjectId>`, the latter in base64.

    Answering gives a meeting another EWS id on some servers, and its global object id finds it again. An
    occurrence shares that with its series, so it is known by its EWS id alone.
    """

    ews_id: str
    global_object_id: str = ""

    def __str__(self) -> str:
        return f"{self.ews_id}|{self.global_object_id}" if self.global_object_id else self.ews_id

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` wrote; noise is cut to what may be asked for."""
        ews_id, _, global_object_id = text.partition("|")
        return cls(ews_id[:_LONGEST_ID], global_object_id[:_LONGEST_ID])
