"""Trying out what EWS lets the service account do in a mailbox, without changing anything."""

import asyncio

from shared.errors import RateLimited, SchedulingError
from shared.mailboxes.ews import operations
from shared.mailboxes.ews.failures import EwsUnavailable, Look, Trouble
from shared.mailboxes.ews.server import CONCURRENCY, EwsLogin


class EwsAccess:
    """Tries out the access to one mailbox."""

    def __init__(self, login: EwsLogin, address: str, *, impersonate: bool) -> None:
        self._login, self._address, self._impersonate = login, address, impersonate

    async def try_out(self) -> list[Look]:
        """As many looks at the same time as there may be connections: a balancer may treat them differently."""
        return list(await asyncio.gather(*(self._look() for _ in range(CONCURRENCY))))

    async def _look(self) -> Look:
        try:
            await self._login.call(self._address, operations.look, impersonate=self._impersonate)
        except EwsUnavailable as unavailable:
            return Look(unavailable.trouble, str(unavailable))
        except RateLimited as busy:
            return Look(Trouble.BUSY, str(busy))
        except SchedulingError as error:  # no secret, no token: it says itself what to do
            return Look(Trouble.OTHER, str(error))
        return Look(None)
