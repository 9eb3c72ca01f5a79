"""The page at the deployment's own address. It says what the service is and whether it works. The page is public, so it
shows no version, no integrations and no causes of problems. Admins find those after signing in.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum

from shared.alarms import Alarms
from shared.clock import Clock
from shared.errors import AWAY
from shared.integrations import IntegrationStore
from shared.web.notice_page import Tone, notice_page

log = logging.getLogger(__name__)

CONDITION_LIFETIME = timedelta(minutes=1)
"""How long the page is cached. However often it is requested, storage is read only once during this time."""

_HEADING = "VMR scheduling for Exchange"
_WHAT = (
    "Adds virtual meeting rooms (VMRs) to meetings: users click a button in Outlook, and the room is scheduled when "
    "the invitation arrives. People use it in Outlook; there is nothing to do on this page."
)


class Condition(Enum):
    """The deployment's state, with the page's tone, HTTP status and text."""

    WELL = ("good", 200, "Up and well")
    NEW = ("good", 200, "Up, but with no integration yet: an administrator creates the first one on the command line")
    ATTENTION = ("bad", 200, "Up, but an administrator is needed: an alarm has been raised")
    AWAY = ("bad", 503, "Storage is not responding; meetings are waiting and will be processed once it does")

    @property
    def tone(self) -> Tone:
        """The tone of the page."""
        return self.value[0]

    @property
    def status(self) -> int:
        """The HTTP status of the page: 200 while the deployment works."""
        return self.value[1]


class Home:
    """Serves the page at the deployment's address."""

    def __init__(self, integrations: IntegrationStore, alarms: Alarms, clock: Clock) -> None:
        self._integrations = integrations
        self._alarms = alarms
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._known: tuple[datetime, Condition] | None = None

    async def page(self) -> tuple[str, Mapping[str, str], int]:
        """HTML, headers and HTTP status."""
        condition = await self._condition()
        html, headers = notice_page(condition.tone, _HEADING, _WHAT, {"Condition": condition.value[2]})
        return html, headers, condition.status

    async def _condition(self) -> Condition:
        async with self._one_at_a_time:
            now = self._clock.now()
            if self._known is None or not now - CONDITION_LIFETIME < self._known[0] <= now:
                self._known = now, await self._look()
            return self._known[1]

    async def _look(self) -> Condition:
        try:
            if await self._alarms.between():
                return Condition.ATTENTION
            integrations, _ = await self._integrations.page(0, 1)
        except AWAY:
            log.warning("storage cannot be read for the home page", exc_info=True)
            return Condition.AWAY
        return Condition.WELL if integrations else Condition.NEW
