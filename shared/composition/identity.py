"""The parts that find out who is calling: tokens, sign-ins and sessions."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.composition.foundation import Foundation
    from shared.identity.addin_users import AddInUsers
    from shared.identity.api_clients import ApiClients
    from shared.identity.client_tokens import ClientTokens
    from shared.identity.documents import JsonDocuments
    from shared.identity.entra import EntraTokens
    from shared.identity.entra_keys import EntraKeys
    from shared.identity.exchange_token import ExchangeTokens
    from shared.identity.proxy_routes import ProxyRoutes
    from shared.identity.service_tokens import ServiceTokens
    from shared.identity.sign_in.endpoint import TokenEndpoints
    from shared.identity.sign_in.flow import UserSignIn
    from shared.identity.sign_in.sessions import Sessions
    from shared.personal.users import UserStore


class Identity:
    """The parts that authenticate callers."""

    def __init__(self, foundation: Foundation) -> None:
        self.foundation = foundation

    @cached_property
    def _ways_out(self) -> ProxyRoutes[JsonDocuments]:
        from shared.identity.proxy_routes import ProxyRoutes

        return ProxyRoutes(self.foundation.documents, self.foundation.direct_documents)

    @cached_property
    def users(self) -> AddInUsers:
        """Authenticates add-in users."""
        from shared.identity.addin_users import AddInUsers
        from shared.identity.exchange_metadata import ExchangeMetadata
        from shared.identity.exchange_token import ExchangeTokens

        def exchange_tokens(documents: JsonDocuments) -> ExchangeTokens:
            return ExchangeTokens(ExchangeMetadata(documents.fetch, self.foundation.clock), self.foundation.clock)

        exchange = self._ways_out.each(exchange_tokens)
        return AddInUsers(exchange, self.entra_tokens, self.sessions, self.foundation.addresses)

    @cached_property
    def entra_keys(self) -> ProxyRoutes[EntraKeys]:
        """Signing keys of Entra and AD FS."""
        from shared.identity.entra_keys import EntraKeys

        return self._ways_out.each(lambda documents: EntraKeys(documents.fetch, self.foundation.clock))

    @cached_property
    def entra_tokens(self) -> ProxyRoutes[EntraTokens]:
        """Verifies users' and admins' Entra access tokens."""
        from shared.identity.entra import EntraTokens

        return self.entra_keys.each(lambda keys: EntraTokens(keys, self.foundation.clock))

    @cached_property
    def end_users(self) -> UserStore:
        """User records."""
        from shared.personal.users import UserStore

        return UserStore(self.foundation.storage, self.foundation.clock)

    @cached_property
    def sessions(self) -> Sessions:
        """Users who have signed in through the dialog."""
        from shared.identity.sign_in.sessions import Sessions

        return Sessions(self.foundation.settings.tag_signing_key, self.end_users, self.foundation.clock)

    @cached_property
    def api_clients(self) -> ApiClients:
        """OAuth2 clients for the management API."""
        from shared.identity.api_clients import ApiClients

        return ApiClients(self.foundation.storage, self.foundation.clock)

    @cached_property
    def client_tokens(self) -> ClientTokens:
        """Their access tokens."""
        from shared.identity.client_tokens import ClientTokens

        settings = self.foundation.settings
        return ClientTokens(self.api_clients, settings.tag_signing_key, settings.public_base_url, self.foundation.clock)

    @cached_property
    def token_endpoints(self) -> TokenEndpoints:
        """Token endpoints of identity providers."""
        from shared.identity.sign_in.endpoint import TokenEndpoints

        return TokenEndpoints(self._ways_out)

    @cached_property
    def sign_in(self) -> UserSignIn:
        """The sign-in dialog's server side."""
        from shared.identity.sign_in.codes import Codes
        from shared.identity.sign_in.flow import UserSignIn
        from shared.identity.sign_in.state_cookie import Attempts
        from shared.identity.sign_in.tokens import ProviderTokens

        return UserSignIn(
            integrations=self.foundation.integrations,
            addresses=self.foundation.addresses,
            attempts=Attempts(self.foundation.settings.tag_signing_key, self.foundation.clock),
            endpoints=self.token_endpoints,
            tokens=self.entra_keys.each(lambda keys: ProviderTokens(keys, self.foundation.clock)),
            users=self.end_users,
            codes=Codes(self.foundation.storage, self.foundation.clock),
            sessions=self.sessions,
            identify=self.users.identify,
        )

    @cached_property
    def service_tokens(self) -> ServiceTokens:
        """Access tokens of signed-in service accounts."""
        from shared.identity.service_tokens import ServiceTokens

        base = self.foundation
        return ServiceTokens(base.integrations, self.token_endpoints, base.alarms, base.clock)
