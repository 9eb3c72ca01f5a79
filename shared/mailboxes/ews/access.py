"""Tests the service account's access to a mailbox through EWS, without changing anything."""

import asyncio

from shared.errors import SchedulingError
from shared.mailboxes.access import Attempt, Right
from shared.mailboxes.ews import operations
from shared.mailboxes.ews.server import CONCURRENCY, EwsLogin


class EwsAccess:
    """Tests access to one mailbox."""

    def __init__(self, login: EwsLogin, address: str, *, impersonate: bool) -> None:
        self._login, self._address, self._impersonate = login, address, impersonate

    async def try_out(self) -> list[Attempt]:
        """See Access.try_out. All connections are tested, because a load balancer may treat them differently. Testing
        one right is enough, because impersonation and full access each grant all rights.
        """
        return list(await asyncio.gather(*(self._attempt() for _ in range(CONCURRENCY))))

    async def _attempt(self) -> Attempt:
        try:
            await self._login.call(self._address, operations.look, impersonate=self._impersonate)
        except SchedulingError as failure:
            return Attempt(Right.READ_MAIL, failure)
        return Attempt(Right.READ_MAIL)
