"""Where conferences are stored. On platform `policy`, a conference is a table row used in responses to nodes.

The other platform, `management_api`, is in node_platform.py.
"""

from contextlib import suppress
from typing import Protocol

from shared.bookings.alias_rows import ALIAS_KEY, aliases_table
from shared.bookings.booking import Booking, State
from shared.conferences.names import ConferenceNames
from shared.storage import Delete, Put, Replace, RowChanged, Tables

ON_NODE = "on_node"
"""Column in the claim on an alias: true if its room is on a Management Node. Policy then refers nodes to their own
database.
"""


class Platform(Protocol):
    """Makes a bridge reflect a booking. Calls are idempotent and may be repeated at any time."""

    async def name(self, booking: Booking) -> Booking:
        """The booking, with a conference name that is unique in the deployment (M2)."""
        ...

    async def show(self, booking: Booking) -> None:
        """Make the bridge reflect the booking, by opening the room at the conference's times or closing it."""
        ...

    async def forget(self, booking: Booking) -> None:
        """Release the alias and name of a booking that no longer exists."""
        ...


class PolicyPlatform:
    """External policy (C2). Nothing is stored on the bridge."""

    def __init__(self, storage: Tables) -> None:
        self._aliases = aliases_table(storage)
        self._names = ConferenceNames(storage)

    async def name(self, booking: Booking) -> Booking:
        """See Platform.name. Takes one round trip if the booking's name is new, otherwise none."""
        conference = booking.conference
        if conference is None or booking.state is not State.SCHEDULED or conference.name in booking.names:
            return booking
        return booking.named(await self._names.claim(conference.name, booking.integration, booking.tag))

    async def show(self, booking: Booking, *, on_node: bool = False) -> None:
        """See Platform.show. Takes one round trip, and two more to release the name of a closed conference.

        With `on_node`, the room is on the Management Node, and policy refers nodes to their own database.
        """
        claim = booking.claim()
        if on_node:
            claim = {name: value for name, value in claim.items() if name != "conference"} | {ON_NODE: True}
        await self._aliases.commit(booking.numeric_alias, Put(ALIAS_KEY, claim))
        if booking.state is State.CLOSED:
            await self._release_names(booking)

    async def answers(self, booking: Booking) -> bool:
        """Whether policy serves the booking's room, now or at any other time. Takes one round trip to storage."""
        row = await self._aliases.get(booking.numeric_alias, ALIAS_KEY)
        return row is not None and row.values.get("tag") == booking.tag and "conference" in row.values

    async def hand_over(self, booking: Booking) -> None:
        """Refer nodes to their own database from now on. Takes two round trips. Does nothing if the alias is changed
        concurrently.
        """
        row = await self._aliases.get(booking.numeric_alias, ALIAS_KEY)
        if row is None or row.values.get("tag") != booking.tag or "conference" not in row.values:
            return
        values = {name: value for name, value in row.values.items() if name != "conference"} | {ON_NODE: True}
        with suppress(RowChanged):
            await self._aliases.commit(row.partition, Replace(row, values))

    async def forget(self, booking: Booking) -> None:
        """See Platform.forget."""
        row = await self._aliases.get(booking.numeric_alias, ALIAS_KEY)
        if row is not None and row.values.get("tag") == booking.tag:
            await self._aliases.commit(row.partition, Delete(row))
        await self._release_names(booking)

    async def _release_names(self, booking: Booking) -> None:
        for name in booking.names:
            await self._names.release(name, booking.tag)
