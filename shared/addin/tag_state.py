"""The state of a tag, which the task pane checks before it tells a user that a meeting already has its VMR.

A meeting that was copied, or that quotes an invitation, contains another meeting's tag and would be declined (A4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.aliases.body_search import find_marks
from shared.aliases.people import addresses_in
from shared.aliases.promises import Promises
from shared.bookings.booking import Booking, State
from shared.bookings.rows import meetings_table
from shared.bookings.stored import stored_booking
from shared.clock import Clock
from shared.errors import InvalidRequest, NotAuthenticated
from shared.identity.addin_users import AddInUsers
from shared.integrations import IntegrationStore
from shared.storage import Storage

MAX_TAG = 200
"""Maximum length in characters of a tag or a promise, including what clients may add."""


@dataclass(frozen=True)
class TagStates:
    """Looks up tags for authenticated users: one point read for a tag, none for a promise."""

    integrations: IntegrationStore
    users: AddInUsers
    promises: Promises
    storage: Storage
    clock: Clock

    async def of(self, uuid: str, token: str, tag: str, start: str, mailboxes: str = "") -> dict[str, Any]:
        """The `result` of the call tag_state.

        `start` is when the meeting in the task pane begins: ISO 8601, or "".

        `mailboxes` are the user's addresses according to Outlook, as in the header X-Mailboxes: an unused tag that was
        created for other people cannot be used for this meeting (A6). `state` is "unknown" (cannot be used for any
        meeting), "reserved" (for the first meeting that is sent with it), "scheduled" or "closed". `starts_here` says
        whether the booked meeting has an occurrence at `start`. `alias` is not secret: the instructions show it next to
        the tag. `one_date` means that the room is for a single date of a series. Nothing else about the meeting is
        revealed.

        Raises NotFound, NotAuthenticated, InvalidRequest, Unavailable.
        """
        integration = await self.integrations.cached(uuid)
        await self.users.identify(integration, token)
        if len(tag) > MAX_TAG:
            raise InvalidRequest(f"The tag is longer than {MAX_TAG} characters.")
        marks, people = find_marks(tag), addresses_in(mailboxes)
        if marks.promises:
            return _answer("reserved" if self._holds(integration.uuid, marks.promises[0], people) else "unknown")
        meetings = meetings_table(self.storage)
        booking = await stored_booking(meetings, integration.uuid, marks.tags[0]) if marks.tags else None
        if booking is None or not booking.is_usable(self.clock.now()):
            return _answer("unknown")
        if booking.state is State.RESERVED and not self._is_for(booking, people):
            return _answer("unknown")
        return _answer(booking.state, _starts(booking, start), booking)

    def _is_for(self, booking: Booking, people: Sequence[str]) -> bool:
        return self.promises.are_for(booking.integration, map(bytes.fromhex, booking.people), people)

    def _holds(self, integration: str, promise: str, people: Sequence[str]) -> bool:
        try:
            made_for = self.promises.verify(integration, promise).people
        except NotAuthenticated:
            return False
        return self.promises.are_for(integration, made_for, people)


def _starts(booking: Booking, start: str) -> bool:
    occurrences = booking.conference.calendar.occurrences if booking.conference else ()
    return any(occurrence.start == moment for occurrence in occurrences for moment in _moments(start))


def _moments(text: str) -> list[datetime]:
    """The time in an ISO 8601 string, in UTC if the string gives no zone; empty for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return []
    return [moment if moment.tzinfo else moment.replace(tzinfo=UTC)]


def _answer(state: str, starts_here: bool = False, booking: Booking | None = None) -> dict[str, Any]:
    alias, one_date = (booking.alias, booking.day != "") if booking else ("", False)
    return {"state": str(state), "starts_here": starts_here, "alias": alias, "one_date": one_date}
