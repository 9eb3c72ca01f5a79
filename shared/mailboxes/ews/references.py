"""The product's own ids for messages and calendar items, needed because EWS's ids change.

They are stored in queue messages and records as strings whose parts are separated by `|`, which never occurs in an
Exchange id.
"""

from dataclasses import dataclass
from typing import Self

_LONGEST_ID = 512
"""Maximum length of an EWS id in characters, according to EWS's schema."""


@dataclass(frozen=True)
class MessageId:
    """A stored message id: `<stable part>|<EWS id>`, followed by hints that make reading the message faster.

    An EWS id changes when the message moves, and accepting the meeting moves it. `stable` never changes: it is
    PR_SEARCH_KEY with the arrival time. Records use it (shared/bookings/operation.py), so a message that is restored
    from Deleted Items is recognized as already handled. `calendar_item` is the id of its calendar item when the folder
    was read, or "" if unknown. `is_occurrence` means that this item is an occurrence of a series. Both are hints that
    may be outdated.
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
        """Parse the output of `str`. A bare EWS id is also accepted. An invalid string is cut to the maximum length."""
        stable, _, rest = text.partition("|")
        ews_id, calendar_item, occurrence, *_ = [*rest.split("|"), "", ""]
        return cls(stable, (ews_id or stable)[:_LONGEST_ID], calendar_item[:_LONGEST_ID], bool(occurrence))


@dataclass(frozen=True)
class ItemReference:
    """A stored calendar item id: `<EWS id>|<CleanGlobalObjectId>`. The CleanGlobalObjectId is in base64.

    On some servers, answering a meeting request changes the meeting's EWS id, but the meeting can still be found by its
    global object id. An occurrence has the same global object id as its series, so only its EWS id identifies it.
    """

    ews_id: str
    global_object_id: str = ""

    def __str__(self) -> str:
        return f"{self.ews_id}|{self.global_object_id}" if self.global_object_id else self.ews_id

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the output of `str`. An invalid string is cut to the maximum length."""
        ews_id, _, global_object_id = text.partition("|")
        return cls(ews_id[:_LONGEST_ID], global_object_id[:_LONGEST_ID])
