"""A scheduled meeting as objects of the original API. Pure: everything is derived from a booking, its integration and
the time.

scheduled_alias        the allocated alias
conference             its room, while it is scheduled; conference_alias: both aliases of the room
scheduled_conference   each known occurrence until some time after its end; recurring_conference: a series
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.api_paths import CONFIGURATION, uri
from shared.bookings.booking import Booking, State
from shared.calendar.conference import Conference, Occurrence
from shared.integrations import Integration
from shared.integrations.references import REFERENCES, is_uri, path_in
from shared.management.conference_objects import ALIAS, CONFERENCE, OWN_FIELD, shown_fields
from shared.management.connector_objects import connector_uri
from shared.management.resource import Object, time_text
from shared.personal.field_table import CONFERENCE_FIELDS
from shared.record_lists.entries import open_room_of, recurs, shown_occurrences

SCHEDULED_ALIAS = "scheduled_alias"
SCHEDULED = "scheduled_conference"
RECURRING = "recurring_conference"

FIRST_MEETING_ID = 2**30
"""The lowest id for a meeting's `conference` and `conference_alias`. VMRs have lower ids."""

_OWNER_MAX_LENGTH = 100


@dataclass(frozen=True)
class Meeting:
    """A booking and its numbers, as of a given time."""

    integration: Integration
    booking: Booking
    now: datetime

    @property
    def conference(self) -> Conference | None:
        """The booking's conference, if one is scheduled."""
        return open_room_of(self.booking)

    @property
    def occurrences(self) -> Sequence[tuple[int, Occurrence]]:
        """The occurrences to show, each with its index in the calendar."""
        return shown_occurrences(self.booking, self.now)

    @property
    def recurs(self) -> bool:
        """Whether the meeting is a series."""
        return recurs(self.booking)

    def alias(self) -> Object:
        """The meeting's `scheduled_alias`."""
        booking = self.booking
        digits = booking.numeric_alias.removeprefix((self.integration.scheduled_alias_prefix or "").lower())
        return {
            "id": booking.numbers.own,
            "alias": booking.alias,
            "alias_number": int(digits) if digits.isdecimal() else 0,  # 0 if the alias has a former prefix
            "numeric_alias": booking.numeric_alias,
            "uuid": booking.tag,
            "exchange_connector": connector_uri(self.integration),
            "is_used": booking.state is not State.RESERVED,
            "ews_item_uid": booking.meeting or None,
            "creation_time": time_text(booking.created),
            "conference_deletion_time": self._closed(),
            "resource_uri": self._alias_uri(),
        }

    def aliases(self) -> list[Object]:
        """The two `conference_alias` objects of the meeting's room, with and without the domain."""
        texts = dict.fromkeys((self.booking.alias, self.booking.numeric_alias)) if self.conference else ()
        return [self._room_alias(place, text) for place, text in enumerate(texts)]

    def rooms(self) -> list[Object]:
        """The meeting's `conference`, if it has one."""
        if self.conference is None:
            return []
        room, scheduled = self.conference, [str(each["resource_uri"]) for each in self.scheduled()]
        values = {
            "name": room.name,
            "description": room.description,
            "tag": room.service_tag,
            "ivr_theme": self._reference("ivr_theme", room.theme),
            "host_identity_provider_group": self._reference(_GROUP, room.identity_provider_group),
            "non_idp_participants": room.non_idp_participants,
            "primary_owner_email_address": room.owner if len(room.owner) <= _OWNER_MAX_LENGTH else "",
        }
        own = {
            "id": FIRST_MEETING_ID + self.booking.numbers.own,
            "aliases": self.aliases(),
            "creation_time": time_text(self.booking.created),
            "scheduled_conferences": scheduled,
            "scheduled_conferences_count": len(scheduled),
            OWN_FIELD: connector_uri(self.integration),
            "is_open": room.is_open(self.now),
            "resource_uri": self._conference_uri(),
        }
        return [{**shown_fields({**CONFERENCE_FIELDS.defaults, **values}, self._names()), **own}]

    def scheduled(self) -> list[Object]:
        """The meeting's `scheduled_conference` objects."""
        return [self._occurrence(each) for _, each in self.occurrences]

    def recurring(self) -> list[Object]:
        """The meeting's `recurring_conference`, if it is a series."""
        if self.conference is None or not self.recurs:
            return []
        return [
            {
                "id": self.booking.numbers.own,
                "conference": self._conference_uri(),
                "current_index": self.booking.passed + self.conference.calendar.current(self.now)[1],
                "ews_item_id": self._ews_item_id(),
                "is_depleted": not self.conference.calendar.has_future(self.now),
                "subject": self.conference.subject,
                "scheduled_alias": self._alias_uri(),
                "resource_uri": uri(CONFIGURATION, RECURRING, self.booking.numbers.own),
            }
        ]

    def _occurrence(self, occurrence: Occurrence) -> Object:
        number = self.booking.numbers.of(occurrence)
        return {
            "id": number,
            "conference": self._conference_uri(),
            "start_time": time_text(occurrence.start),
            "end_time": time_text(occurrence.end),
            "subject": self.conference.subject if self.conference else "",
            "ews_item_id": self._ews_item_id(),
            "ews_item_uid": self.booking.meeting,
            "recurring_conference": uri(CONFIGURATION, RECURRING, self.booking.numbers.own) if self.recurs else None,
            "scheduled_alias": self._alias_uri(),
            "resource_uri": uri(CONFIGURATION, SCHEDULED, number),
        }

    def _room_alias(self, place: int, text: str) -> Object:
        id_ = alias_id(self.booking.numbers.own, place)
        return {
            "id": id_,
            "alias": text,
            "conference": self._conference_uri(),
            "description": "",
            "view_order": None,
            "creation_time": time_text(self.booking.created),
            "resource_uri": uri(CONFIGURATION, ALIAS, id_),
        }

    def _reference(self, field: str, name: str) -> str | None:
        """The recorded name, or the integration's setting if that refers to the same object."""
        setting = getattr(self.integration, field)
        is_the_same = is_uri(setting) and getattr(self.integration, f"{field}_name") == name
        return str(setting) if is_the_same else name or None

    def _names(self) -> Mapping[str, str]:
        uris = {field: getattr(self.integration, field) for field in REFERENCES}
        return {
            path_in(each): getattr(self.integration, f"{field}_name") for field, each in uris.items() if is_uri(each)
        }

    def _ews_item_id(self) -> str:
        """Exchange's id for the meeting, without our own additions."""
        return self.booking.item_id.partition("|")[0]

    def _conference_uri(self) -> str:
        return uri(CONFIGURATION, CONFERENCE, FIRST_MEETING_ID + self.booking.numbers.own)

    def _alias_uri(self) -> str:
        return uri(CONFIGURATION, SCHEDULED_ALIAS, self.booking.numbers.own)

    def _closed(self) -> str | None:
        """The time at which a closed conference would have ended. The time at which it was closed is not recorded."""
        booking = self.booking
        if booking.state is not State.CLOSED or not booking.conference or not booking.conference.calendar.occurrences:
            return None
        return time_text(booking.conference.calendar.occurrences[-1].end)


_GROUP = "host_identity_provider_group"


def alias_id(booking: int, place: int) -> int:
    """The id of one of the two `conference_alias` objects of the booking with this number."""
    return FIRST_MEETING_ID + 2 * booking + place


def booking_of_alias(id_: int) -> int:
    """The number of the booking to which a meeting's `conference_alias` belongs."""
    return (id_ - FIRST_MEETING_ID) // 2
