"""Unmodified exchangelib as a client of the simulated Exchange.

exchangelib blocks, and reading some of its attributes calls the server. The server runs in the same process, so every
call runs in a thread.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from exchangelib import (
    DELEGATE,
    IMPERSONATION,
    NTLM,
    Account,
    Configuration,
    Credentials,
    EWSDateTime,
    EWSTimeZone,
    Version,
)
from exchangelib.version import EXCHANGE_2019

from tests.support.exchange_world import ExchangeWorld

T = TypeVar("T")

VMR_EWS = "vmr-ews@example.com"
SERVICE = r"EXAMPLE\svc-vmr"
PASSWORD = "local-ews"
UTC = EWSTimeZone("UTC")


def at(*parts: int) -> EWSDateTime:
    """A time in UTC, in the form that exchangelib requires."""
    return EWSDateTime(*parts, tzinfo=UTC)


class Client:
    """A client that uses a service account on the simulated Exchange."""

    def __init__(
        self, world: ExchangeWorld, username: str = SERVICE, password: str = PASSWORD, auth: str | None = NTLM
    ) -> None:
        self.world = world
        self.configuration = Configuration(
            service_endpoint=world.running.ews_url,
            credentials=Credentials(username, password),
            auth_type=auth,
            version=Version(EXCHANGE_2019),
        )

    def mailbox(self, address: str = VMR_EWS, access: str = IMPERSONATION) -> Account:
        """A mailbox. Opening it does not call the server."""
        return Account(address, config=self.configuration, access_type=access, default_timezone=UTC, locale="en_US")

    def delegate(self, address: str = VMR_EWS) -> Account:
        """A mailbox opened with the account's own permissions."""
        return self.mailbox(address, DELEGATE)

    async def do(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run a call in a thread, and return its result."""
        return await asyncio.to_thread(work, *arguments)

    async def inbox(self, address: str = VMR_EWS) -> list[Any]:
        """The messages in the Inbox with all properties, oldest first."""
        return await self.do(lambda: list(self.mailbox(address).inbox.all().order_by("datetime_received")))

    async def newest(self, address: str = VMR_EWS) -> Any:
        """The latest message."""
        return (await self.inbox(address))[-1]

    async def calendar(self, start: datetime, end: datetime, *, most: int | None = None) -> list[Any]:
        """The calendar items between two times."""
        return await self.do(lambda: list(self.mailbox().calendar.view(start, end, max_items=most)))

    async def synced(
        self, folder: str = "inbox", state: str | None = None, address: str = VMR_EWS, **more: Any
    ) -> tuple[list[tuple[str, Any]], str]:
        """All changes in a folder since a given state, whatever the number of pages, and the new state."""
        return await self.do(lambda: _synced(getattr(self.mailbox(address), folder), state, **more))


def _synced(folder: Any, state: str | None, **more: Any) -> tuple[list[tuple[str, Any]], str]:
    changes = list(folder.sync_items(sync_state=state, **more))
    return changes, folder.item_sync_state
