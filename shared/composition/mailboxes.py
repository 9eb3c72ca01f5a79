"""The integrations' equipment mailboxes, through Graph or EWS."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from shared.errors import NotAllowed, Unavailable
from shared.queues import MEETING_REQUESTS
from shared.settings import is_loopback

if TYPE_CHECKING:
    from shared.composition.foundation import Foundation
    from shared.composition.identity import Identity
    from shared.intake.watcher import Watcher
    from shared.integrations import Integration
    from shared.mailboxes.client_state import ClientStates
    from shared.mailboxes.ews.access import EwsAccess
    from shared.mailboxes.ews.server import EwsLogin, EwsServer, Secret
    from shared.mailboxes.graph.access import GraphAccess
    from shared.mailboxes.graph.client import GraphClient, Tokens
    from shared.mailboxes.graph.mailbox import GraphMailbox
    from shared.mailboxes.mailbox import Mailbox
    from shared.secrets import SecretReference
    from shared.storage import Queue

_ONLINE = ("OAUTH", "APP_PERM")
"""Authentication methods that imply that a mailbox is in Exchange Online, which moves some updates to Deleted Items by
itself (docs/facts/exchange.md §7, §8).
"""

_BY_PASSWORD = {"BASIC": "basic", "NTLM": "NTLM"}
"""exchangelib's names."""


class Mailboxes:
    """The parts that call Exchange."""

    def __init__(self, foundation: Foundation, identity: Identity) -> None:
        self.foundation = foundation
        self.identity = identity

    @cached_property
    def queue(self) -> Queue:
        """The integrations' processors, watchers and due runners."""
        return self.foundation.storage.queue(MEETING_REQUESTS)

    @cached_property
    def client_states(self) -> ClientStates:
        """Verifies Graph's notifications."""
        from shared.mailboxes.client_state import ClientStates

        return ClientStates(self.foundation.settings.tag_signing_key)

    def _graph_mailbox(self, integration: Integration) -> GraphMailbox:
        from shared.mailboxes.graph.mailbox import GraphMailbox

        return GraphMailbox(self._graph_client(integration), integration.mailbox)

    def mailbox_of(self, integration: Integration) -> Mailbox:
        """The integration's equipment mailbox. Raises Unavailable if it cannot be reached with these settings."""
        if integration.uses_ews:
            from shared.mailboxes.ews.mailbox import EwsMailbox

            return EwsMailbox(self._ews_login(integration), integration.mailbox, impersonate=_impersonates(integration))
        return self._graph_mailbox(integration)

    def watcher_of(self, integration: Integration, mailbox: Mailbox) -> Watcher:
        """Finds the messages that arrive in the mailbox."""
        from shared.intake.watcher import Watcher

        uuid, address, storage, queue, clock = (
            integration.uuid,
            integration.mailbox,
            self.foundation.storage,
            self.queue,
            self.foundation.clock,
        )
        if integration.uses_ews:
            files_away = integration.authentication_method in _ONLINE
            return Watcher(uuid, f"{address} {integration.url}", mailbox, None, storage, queue, clock, files_away)
        from shared.mailboxes.graph.subscriptions import GraphSubscriptions

        base_url, state = self.foundation.settings.public_base_url, self.client_states.of(uuid)
        subscriptions = GraphSubscriptions(self._graph_client(integration), address, base_url, state)
        arrivals = self._graph_mailbox(integration)
        watched = f"{address} {base_url}"
        return Watcher(uuid, watched, mailbox, subscriptions, storage, queue, clock, arrivals=arrivals)

    def graph_access_of(self, integration: Integration) -> GraphAccess:
        """Tests the integration's rights in its mailbox, for the doctor."""
        from shared.mailboxes.graph.access import GraphAccess

        return GraphAccess(self._graph_client(integration), integration.mailbox)

    def ews_access_of(self, integration: Integration) -> EwsAccess:
        """Tests the rights in the mailbox through EWS. Raises Unavailable."""
        from shared.mailboxes.ews.access import EwsAccess

        return EwsAccess(self._ews_login(integration), integration.mailbox, impersonate=_impersonates(integration))

    @cached_property
    def _graph_clients(self) -> dict[tuple[str, str, str, bool], GraphClient]:
        return {}

    def _graph_client(self, integration: Integration) -> GraphClient:
        """The Graph client. Integrations with the same credentials share a client.

        A changed secret has a new reference (shared/secrets) and therefore gets a new client without a restart.
        """
        from shared.mailboxes.graph.client import GraphClient
        from shared.mailboxes.graph.credentials import LocalTokens, graph_tokens
        from shared.secrets import SecretReference

        tenant, client_id = integration.graph_app
        reference = SecretReference(integration.oauth_client_secret)
        key = tenant, client_id, reference, integration.disable_proxy
        if key not in self._graph_clients:
            base = self.foundation.settings.graph_base_url

            async def secret() -> str:
                return (await self.foundation.secrets.get(reference)).get_secret_value()

            kept = secret if reference else None
            identity = self.foundation.settings.azure_client_id
            local = is_loopback(base)
            tokens: Tokens = LocalTokens() if local else graph_tokens(base, tenant, client_id, kept, identity)
            self._graph_clients[key] = client = GraphClient(base, tokens, use_proxy=not integration.disable_proxy)
            self.foundation.connections.push_async_callback(client.close)
        return self._graph_clients[key]

    def graph_as(self, integration: Integration, tokens: Tokens) -> GraphClient:
        """A Graph client with the integration's settings, but with the given tokens, for the doctor."""
        from shared.mailboxes.graph.client import GraphClient

        base_url = self.foundation.settings.graph_base_url
        return GraphClient(base_url, tokens, use_proxy=not integration.disable_proxy)

    @cached_property
    def _ews_servers(self) -> dict[tuple[str, str, str, bool], EwsServer]:
        return {}

    def _ews_login(self, integration: Integration) -> EwsLogin:
        """The EWS server and its account. Integrations with the same server and account share connections."""
        from shared.mailboxes.ews.connection import Way
        from shared.mailboxes.ews.server import EwsLogin, EwsServer
        from shared.proxy import proxy_for

        secret = self._ews_secret(integration)
        method = _BY_PASSWORD.get(integration.authentication_method, "")
        account = integration.username or integration.oauth_client_id or ""
        key = integration.url, method, account.lower(), integration.disable_proxy
        if key not in self._ews_servers:
            proxy = "" if integration.disable_proxy else proxy_for(integration.url) or ""
            server = EwsServer(Way(integration.url, proxy), method, integration.username, self.foundation.clock)
            self._ews_servers[key] = server
            self.foundation.connections.push_async_callback(server.close)
        return EwsLogin(self._ews_servers[key], secret)

    @cached_property
    def _ews_secrets(self) -> dict[tuple[object, ...], Secret]:
        """Cached access tokens, keyed by everything that they depend on. A changed password or secret has a new
        reference, so no restart is needed.
        """
        return {}

    def _ews_secret(self, integration: Integration) -> Secret:
        method = integration.authentication_method
        if method == "OAUTH":
            return partial(self._signed_in, integration)
        reference = integration.password if method in _BY_PASSWORD else integration.oauth_client_secret
        client = integration.oauth_token_endpoint, integration.oauth_client_id, integration.disable_proxy
        key = method, reference, integration.url, *client
        if key not in self._ews_secrets:
            self._ews_secrets[key] = self._made_secret(integration)
        return self._ews_secrets[key]

    def _made_secret(self, integration: Integration) -> Secret:
        from shared.identity.sign_in.endpoint import resource_of
        from shared.integrations.combinations import NO_KERBEROS
        from shared.mailboxes.ews.credentials import AppTokens, token_form
        from shared.secrets import SecretReference

        if integration.authentication_method in _BY_PASSWORD:
            return self._kept(SecretReference(integration.password))
        if integration.authentication_method != "APP_PERM":
            raise Unavailable(NO_KERBEROS)
        endpoint, client_id = integration.oauth_token_endpoint, integration.oauth_client_id or ""
        client_secret = self._kept(SecretReference(integration.oauth_client_secret))

        async def form() -> dict[str, str]:
            return token_form(client_id, await client_secret(), endpoint, resource_of(integration.url))

        ask = partial(self.identity.token_endpoints.ask, integration, endpoint)
        return AppTokens(ask, form, self.foundation.clock).token

    async def _signed_in(self, integration: Integration) -> str:
        """Returns the service account's access token, which ServiceTokens stores and renews."""
        from shared.identity.sign_in.endpoint import resource_of

        resource = resource_of(integration.url)
        try:
            return (await self.identity.service_tokens.token(integration.uuid, resource)).get_secret_value()
        except NotAllowed as needed:  # retrying helps once an admin has signed in the account
            raise Unavailable(str(needed)) from needed

    def _kept(self, reference: SecretReference) -> Secret:
        """Fetches each secret only once, because a reference always stands for the same value."""
        from shared.secrets import SecretMissing

        held: list[str] = []

        async def secret() -> str:
            if not held:
                try:
                    held.append((await self.foundation.secrets.get(reference)).get_secret_value())
                except SecretMissing:
                    raise Unavailable(
                        "The service account's password or client secret is missing: set it again."
                    ) from None
            return held[0]

        return secret


def _impersonates(integration: Integration) -> bool:
    """Whether to use impersonation. An application always does, because it has no mailbox access of its own."""
    return integration.ews_access == "impersonation" or integration.authentication_method == "APP_PERM"
