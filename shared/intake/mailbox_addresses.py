"""The equipment mailbox's other addresses, for the task pane: Outlook may list it under any of them.

They are read from Exchange after a save and once a night, never while a user waits. Missing addresses do little harm,
because the task pane uses the configured address and sees how Outlook resolves it. A failure therefore raises no alarm,
and the known addresses are kept.
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
"""Time limit for reading the addresses. An admin is waiting for the save to finish."""

ADDRESSES_MAX_AGE = timedelta(seconds=30)
"""Maximum age of the addresses sent to a task pane, the same as for settings."""

_CACHED_MAILBOXES = 256


async def learn_addresses(mailbox: Mailbox, address: str, state: WatchState) -> None:
    """Read the other addresses of the mailbox with this address from Exchange, and store them."""
    try:
        async with asyncio.timeout(ADDRESSES_TIMEOUT.total_seconds()):
            told = await mailbox.addresses()
    except (SchedulingError, TimeoutError) as error:
        log.info("other addresses of the mailbox of %s: %s", state.integration, type(error).__name__)
        return
    await state.write(ADDRESSES, addresses="\n".join(known_addresses(address, told)))


class MailboxAddresses:
    """The known addresses of mailboxes, cached for ADDRESSES_MAX_AGE, so that most requests need no call to storage."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock
        self._known: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    async def of(self, integration: str) -> tuple[str, ...]:
        """The mailbox addresses of an integration (uuid): the address configured when they were read, then the others;
        () if they are unknown.
        """
        uuid, now = integration.lower(), self._clock.now()
        cached = self._known.get(uuid)
        if cached and now - cached[0] < ADDRESSES_MAX_AGE:
            return cached[1]
        known = await stored_addresses(self._tables, uuid)
        if len(self._known) >= _CACHED_MAILBOXES:
            self._known.clear()
        self._known[uuid] = now, known
        return known
