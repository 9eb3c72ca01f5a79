"""The objects needed to handle a click on the single-use button."""

from typing import Any

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.addin.meeting_details import MeetingDetails
from shared.aliases.allocation import Allocator
from shared.bookings.booking import Booking
from shared.identity.addin_users import AddInUsers
from shared.identity.entra import EntraTokens
from shared.identity.entra_keys import EntraKeys
from shared.identity.exchange_metadata import ExchangeMetadata
from shared.identity.exchange_token import ExchangeTokens
from shared.identity.proxy_routes import ProxyRoutes
from shared.identity.sign_in.sessions import Sessions
from shared.integrations import Integration, IntegrationStore
from shared.web.addresses import Addresses
from tests.fakes.clock import FakeClock
from tests.fakes.end_users import MemoryEndUsers
from tests.support.exchange_tokens import Exchange
from tests.support.integrations import graph_fields

ADDRESSES = Addresses("https://vmr.example.com")


class SingleUseWorld:
    """The objects that handle a click on the single-use button, and one integration."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.storage = MemoryStorage()
        self.exchange = Exchange(self.clock)
        self.store = IntegrationStore(self.storage, MemorySecrets(), self.clock)
        exchange_tokens = ExchangeTokens(ExchangeMetadata(self.exchange.fetch, self.clock), self.clock)
        entra_tokens = EntraTokens(EntraKeys(self.exchange.fetch, self.clock), self.clock)
        sessions = Sessions(b"k" * 32, MemoryEndUsers(), self.clock)
        users = AddInUsers(
            ProxyRoutes(exchange_tokens, exchange_tokens), ProxyRoutes(entra_tokens, entra_tokens), sessions, ADDRESSES
        )  # fmt: skip
        self.details = MeetingDetails(self.store, users, Allocator(self.storage, self.clock, b"k" * 32))
        self.integration: Integration

    async def create(self, **fields: Any) -> Integration:
        method, domains = "EXCHANGE_USER_ID_TOKEN", [{"domain": "mail.example.com"}]
        self.integration = await self.store.create(
            graph_fields(addin_authentication_method=method, domains=domains, **fields)
        )
        return self.integration

    def token(self, **changes: Any) -> str:
        """Alice's identity token for the integration's pane."""
        return self.exchange.token(**{"aud": ADDRESSES.pane(self.integration), **changes})

    async def allocated(self) -> list[Booking]:
        rows = self.storage.table("meetings").rows(self.integration.uuid, "tag:")
        return [Booking.from_row(row) async for row in rows]
