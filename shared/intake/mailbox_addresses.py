"""What else the equipment mailbox is known by, for the pane: Outlook lists it by any of its addresses.

Exchange is asked after a save and once a night, and never while a user waits. Not knowing costs little: the pane goes
by the configured address and by what it sees Outlook make of it. So a failure is no alarm, and what was known stays.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.errors import SchedulingError
from shared.intake.watch_state import ADDRESSES, WatchState, stored_addresses
from shared.mailboxes.known_addresses import known_addresses
from shared.mailboxes.mailbox import Mailbox
from shared.storage import Tables

log = logging.getLogger(__name__)

ADDRESSES_TIMEOUT = timedelta(seconds=5)
"""An admin waits for the end of a save."""

ADDRESSES_MAX_AGE = timedelta(seconds=30)
"""How old the addresses may be that a pane is told, as with settings."""

_CACHED_MAILBOXES = 256


async def learn_addresses(mailbox: Mailbox, address: str, state: WatchState) -> None:
    """Ask Exchange what else the mailbox of an address is known by, and remember it."""
    try:
        async with asyncio.timeout(ADDRESSES_TIMEOUT.total_seconds()):
            told = await mailbox.addresses()
    except (SchedulingError, TimeoutError) as error:
        log.info("other addresses of the mailbox of %s: %s", state.integration, type(error).__name__)
        return
    await state.write(ADDRESSES, addresses="\n".join(known_addresses(address, told)))


class MailboxAddresses:
    """What was learnt, at most ADDRESSES_MAX_AGE old: a user's request costs no storage trip in between."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock
        self._known: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    async def of(self, integration: str) -> tuple[str, ...]:
        """By an integration's uuid: the address that was asked about, and what else its mailbox is known by, or ()."""
        uuid, now = integration.lower(), self._clock.now()
        cached = self._known.get(uuid)
        if cached and now - cached[0] < ADDRESSES_MAX_AGE:
            return cached[1]
        known = await stored_addresses(self._tables, uuid)
        if len(self._known) >= _CACHED_MAILBOXES:
            self._known.clear()
        self._known[uuid] = now, known
        return known
