"""Add-in users with every kind of proof of their identity."""

from typing import Any

from dev.exchange.directory import User
from dev.exchange.identity import Identity
from dev.movable_clock import MovableClock
from shared.identity.addin_users import AddInUsers
from shared.identity.entra import EntraTokens
from shared.identity.entra_keys import EntraKeys
from shared.identity.exchange_metadata import ExchangeMetadata
from shared.identity.exchange_token import ExchangeTokens
from shared.identity.proxy_routes import ProxyRoutes
from shared.identity.sign_in.sessions import Sessions
from shared.integrations import Integration
from shared.web.addresses import Addresses
from tests.fakes.clock import FakeClock
from tests.fakes.end_users import MemoryEndUsers
from tests.support.entra_tokens import ADD_IN, API, STRANGER, Entra, metadata_url
from tests.support.integrations import an_integration, full_fields

ADDRESSES = Addresses("https://vmr.example.com")
ON_PREMISES = "https://mail.example.com/autodiscover/metadata/json/1"


class AddInUsersWorld:
    """Exchange and Entra, and the part of the product that verifies tokens of their users."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.entra = Entra(clock)
        self.exchange = Identity(MovableClock(clock.now))
        self.user = User("alice@example.com", "Alice", STRANGER, API)
        exchange = ExchangeTokens(ExchangeMetadata(self._fetch, clock), clock)
        entra = EntraTokens(EntraKeys(self._fetch, clock), clock)
        self.end_users = MemoryEndUsers()
        self.sessions = Sessions(b"k" * 32, self.end_users, clock)
        self.users = AddInUsers(ProxyRoutes(exchange, exchange), ProxyRoutes(entra, entra), self.sessions, ADDRESSES)

    async def _fetch(self, url: str) -> Any:
        if "autodiscover" in url:
            return self.exchange.metadata(url)
        return await self.entra.fetch(url)

    def exchange_token(self, integration: Integration, amurl: str = ON_PREMISES) -> str:
        return self.exchange.token(self.user, ADDRESSES.pane(integration), amurl)


def integration(method: str, **changes: Any) -> Integration:
    fields = full_fields(
        addin_authentication_method=method,
        addin_application_id=ADD_IN,
        addin_naa_web_api_application_id=API,
        addin_oidc_metadata_url=metadata_url(),
        domains=[{"domain": "mail.example.com"}, {"domain": "outlook.office365.com"}],
    )
    return an_integration(**fields | changes)
