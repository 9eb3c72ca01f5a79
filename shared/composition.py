"""The one place where real parts are put together. Tests and the local stack put theirs together the same way.

Parts are imported and made on first use: a cold start pays for what the request needs and for nothing else
(budget of DESIGN §5; tests/conformance/test_cold_start.py).
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shared.alarms import Alarms
from shared.clock import Clock, SystemClock
from shared.conferences.policy import Policy
from shared.identity.documents import JsonDocuments
from shared.identity.passwords import BasicAuthenticator
from shared.settings import Settings, is_loopback, load_settings
from shared.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.addin.addresses import Addresses
    from shared.addin.icons import Icons
    from shared.addin.manifest import Manifests
    from shared.addin.meeting_details import MeetingDetails
    from shared.addin.pane import Pane
    from shared.aliases.allocation import Allocator
    from shared.aliases.promises import Promises
    from shared.identity.addin_users import AddInUsers
    from shared.identity.entra import EntraTokens
    from shared.identity.entra_keys import EntraKeys
    from shared.identity.service_account import ServiceAccounts
    from shared.identity.service_tokens import ServiceTokens
    from shared.identity.sign_in.endpoint import TokenEndpoints
    from shared.identity.sign_in.flow import UserSignIn
    from shared.identity.sign_in.sessions import Sessions
    from shared.integrations import Integration, IntegrationStore
    from shared.mailboxes.graph.client import GraphClient
    from shared.mailboxes.webhook import Webhook
    from shared.meetings.hands import Hands
    from shared.meetings.lifecycle import IntegrationLifecycle
    from shared.meetings.retirement import Retirement
    from shared.meetings.rounds import Rounds
    from shared.meetings.worker import Worker
    from shared.operations.doctor import Finding
    from shared.personal.bridges import Bridges
    from shared.personal.lookup import PersonalVmrs
    from shared.personal.users import UserStore
    from shared.secrets import SecretStore


class Services:
    """The product's parts, wired together for one process."""

    def __init__(self, settings: Settings, storage: Storage, secrets: SecretStore, clock: Clock) -> None:
        self.settings = settings
        self.storage = storage
        self.secrets = secrets
        self.clock = clock
        self.alarms = Alarms(storage, clock)
        self.policy = Policy(storage, clock)
        self.nodes = BasicAuthenticator(settings.policy)
        self._graph: dict[tuple[str, str, str, bool], GraphClient] = {}
        self._documents = JsonDocuments()
        self._direct_documents = JsonDocuments(use_proxy=False)

    @cached_property
    def integrations(self) -> IntegrationStore:
        """The settings of all integrations."""
        from shared.integrations import IntegrationStore

        return IntegrationStore(self.storage, self.secrets, self.clock, local=self.settings.is_local)

    @cached_property
    def addresses(self) -> Addresses:
        """Where the add-in is served."""
        from shared.addin.addresses import Addresses

        return Addresses(self.settings.public_base_url)

    @cached_property
    def webhook(self) -> Webhook:
        """What Graph notifies."""
        from shared.mailboxes.webhook import Webhook

        return Webhook(self.storage)

    @cached_property
    def allocator(self) -> Allocator:
        """Hands out aliases."""
        from shared.aliases.allocation import Allocator

        return Allocator(self.storage, self.clock, self.settings.tag_signing_key)

    @cached_property
    def users(self) -> AddInUsers:
        """Who uses the add-in."""
        from shared.identity.addin_users import AddInUsers
        from shared.identity.exchange_metadata import ExchangeMetadata
        from shared.identity.exchange_token import ExchangeTokens

        exchange = ExchangeTokens(ExchangeMetadata(self._documents.fetch, self.clock), self.clock)
        return AddInUsers(exchange, self.entra_tokens, self.sessions, self.addresses)

    @cached_property
    def entra_keys(self) -> EntraKeys:
        """Keys of Entra and AD FS."""
        from shared.identity.entra_keys import EntraKeys

        return EntraKeys(self._documents.fetch, self.clock)

    @cached_property
    def entra_tokens(self) -> EntraTokens:
        """Verifies Entra access tokens, of users and of admins."""
        from shared.identity.entra import EntraTokens

        return EntraTokens(self.entra_keys, self.clock)

    @cached_property
    def end_users(self) -> UserStore:
        """User records."""
        from shared.personal.users import UserStore

        return UserStore(self.storage)

    @cached_property
    def personal_vmrs(self) -> PersonalVmrs:
        """The list of a signed-in user's own VMRs."""
        from shared.personal.lookup import PersonalVmrs
        from shared.personal.sources import ChosenSource, StoreSource
        from shared.personal.store import VmrStore

        source = ChosenSource(StoreSource(VmrStore(self.storage)), self.bridges)
        return PersonalVmrs(self.integrations, self.users.identify, self.end_users, source)

    @cached_property
    def bridges(self) -> Bridges:
        """Management Nodes, by the settings of integrations."""
        from shared.personal.bridges import Bridges

        return Bridges(self.integrations, self.alarms, self.clock)

    @cached_property
    def sessions(self) -> Sessions:
        """Users who have signed in by the dialog."""
        from shared.identity.sign_in.sessions import Sessions

        return Sessions(self.settings.tag_signing_key, self.end_users, self.clock)

    @cached_property
    def token_endpoints(self) -> TokenEndpoints:
        """Token endpoints of identity providers."""
        from shared.identity.sign_in.endpoint import TokenEndpoints

        return TokenEndpoints(self._documents, self._direct_documents)

    @cached_property
    def sign_in(self) -> UserSignIn:
        """The sign-in dialog's server side."""
        from shared.identity.sign_in.attempt import Attempts
        from shared.identity.sign_in.codes import Codes
        from shared.identity.sign_in.flow import UserSignIn
        from shared.identity.sign_in.tokens import ProviderTokens

        return UserSignIn(
            integrations=self.integrations,
            addresses=self.addresses,
            attempts=Attempts(self.settings.tag_signing_key, self.clock),
            endpoints=self.token_endpoints,
            tokens=ProviderTokens(self.entra_keys, self.entra_tokens, self.clock),
            users=self.end_users,
            codes=Codes(self.storage, self.clock),
            sessions=self.sessions,
            identify=self.users.identify,
        )

    @cached_property
    def service_tokens(self) -> ServiceTokens:
        """Access tokens of signed-in service accounts."""
        from shared.identity.service_tokens import ServiceTokens

        return ServiceTokens(self.integrations, self.token_endpoints, self.alarms, self.clock)

    @cached_property
    def service_accounts(self) -> ServiceAccounts:
        """Signs service accounts in."""
        from shared.identity.service_account import ServiceAccounts

        key = self.settings.tag_signing_key
        tokens, endpoints = self.service_tokens, self.token_endpoints
        return ServiceAccounts(self.integrations, endpoints, tokens, self.alarms, key, self.clock)

    @cached_property
    def meeting_details(self) -> MeetingDetails:
        """What a click on the single-use button gets."""
        from shared.addin.meeting_details import MeetingDetails

        return MeetingDetails(self.integrations, self.users, self.allocator)

    @cached_property
    def promises(self) -> Promises:
        """TOK tags: aliases that are promised and not yet allocated."""
        from shared.aliases.promises import Promises

        return Promises(self.settings.tag_signing_key, self.clock)

    @cached_property
    def pane(self) -> Pane:
        """The add-in's page, files and configuration."""
        from shared.addin.pane import Pane

        return Pane(self.integrations, self.users, self.promises, local=self.settings.is_local)

    @cached_property
    def manifests(self) -> Manifests:
        """What admins install the add-in with."""
        from shared.addin.manifest import Manifests

        return Manifests(self.integrations, self.addresses)

    @cached_property
    def icons(self) -> Icons:
        """The add-in's icons."""
        from shared.addin.icons import Icons

        return Icons(self.integrations)

    @cached_property
    def worker(self) -> Worker:
        """The queue's consumer."""
        from shared.meetings.worker import Worker

        return Worker(self._hands, self.storage.queue("meeting-requests"), self.alarms)

    @cached_property
    def rounds(self) -> Rounds:
        """What the timers do for every integration."""
        from shared.meetings.rounds import Rounds

        return Rounds(self.integrations, self._hands, self.alarms, self.retirement)

    @cached_property
    def retirement(self) -> Retirement:
        """What removes a deleted integration's rooms and records."""
        from shared.conferences.platform import PolicyPlatform
        from shared.meetings.retirement import Retirement

        return Retirement(self.storage, PolicyPlatform(self.storage))

    @cached_property
    def lifecycle(self) -> IntegrationLifecycle:
        """What follows when an integration is saved or deleted."""
        from shared.meetings.lifecycle import IntegrationLifecycle

        return IntegrationLifecycle(self.rounds, self.retirement)

    async def examine(self, integration: Integration) -> Sequence[Finding]:
        """What is wrong with an integration, and what mends it."""
        from shared.mailboxes.graph.access import GraphAccess
        from shared.operations.doctor import Doctor
        from shared.operations.doctor.server import ServerProbe

        doctor = Doctor(
            access=lambda one: GraphAccess(self._graph_client(one), one.mailbox),
            probe=ServerProbe(),
            storage=self.storage,
            alarms=self.alarms,
            allocator=self.allocator,
            clock=self.clock,
            base_url=self.settings.public_base_url,
            app_id=self.settings.azure_client_id,
        )
        return await doctor.examine(integration)

    async def close(self) -> None:
        """Let go of all connections."""
        for client in self._graph.values():
            await client.close()
        if "bridges" in vars(self):
            await self.bridges.close()
        await self._documents.close()
        await self._direct_documents.close()
        await self.secrets.close()
        await self.storage.close()

    async def _hands(self, uuid: str) -> Hands:
        from shared.conferences.platform import PolicyPlatform
        from shared.mailboxes.graph.mailbox import GraphMailbox
        from shared.mailboxes.graph.subscriptions import GraphSubscriptions
        from shared.mailboxes.watch import Watcher
        from shared.meetings.agenda import Agenda
        from shared.meetings.hands import Hands
        from shared.meetings.judge import Judge
        from shared.meetings.processor import Processor
        from shared.meetings.records import Records

        integration = await self.integrations.cached(uuid)
        client, address = self._graph_client(integration), integration.mailbox
        mailbox = GraphMailbox(client, address)
        subscriptions = GraphSubscriptions(client, address, self.settings.public_base_url)
        queue = self.storage.queue("meeting-requests")
        platform = PolicyPlatform(self.storage)
        records = Records(self.storage, integration.uuid)
        judge = Judge(integration, records, self.allocator, self.promises, self.clock)
        processor = Processor(integration, mailbox, platform, records, judge, queue, self.clock)
        watched = f"{address} {self.settings.public_base_url}"
        watcher = Watcher(uuid, watched, mailbox, subscriptions, self.storage, queue, self.clock)
        agenda = Agenda(uuid, mailbox, platform, records, self.storage, self.clock)
        return Hands(processor, watcher, agenda)

    def _graph_client(self, integration: Integration) -> GraphClient:
        """One client for each set of credentials, however many integrations use it.

        A changed secret has another reference (shared/secrets), so it makes a new client: no restart is needed.
        """
        from shared.mailboxes.graph.client import GraphClient, Tokens
        from shared.mailboxes.graph.credentials import LocalTokens, graph_tokens
        from shared.secrets import SecretReference

        tenant, client_id = integration.graph_tenant_id or "", integration.graph_client_id or ""
        reference = SecretReference(integration.oauth_client_secret)
        key = tenant, client_id, reference, integration.disable_proxy
        if key not in self._graph:
            base = self.settings.graph_base_url

            async def secret() -> str:
                return (await self.secrets.get(reference)).get_secret_value()

            kept = secret if reference else None
            identity = self.settings.azure_client_id
            local = is_loopback(base)
            tokens: Tokens = LocalTokens() if local else graph_tokens(base, tenant, client_id, kept, identity)
            self._graph[key] = GraphClient(base, tokens, use_proxy=not integration.disable_proxy)
        return self._graph[key]


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """The real parts for these settings."""
    from shared.azure_storage import AzureStorage

    return Services(settings, AzureStorage(settings.storage), _secrets(settings), clock or SystemClock())


def _secrets(settings: Settings) -> SecretStore:
    if settings.secrets_vault_uri:
        from shared.secrets.vault import KeyVaultSecrets

        return KeyVaultSecrets(settings.secrets_vault_uri, settings.azure_client_id)
    from shared.secrets.file import FileSecrets

    return FileSecrets(Path(settings.secrets_file))


_installed: list[Services] = []


def install(services: Services) -> None:
    """Make these the process's parts, in place of those that the environment would give."""
    _installed[:] = [services]


def services() -> Services:
    """The process's parts; made from the environment on first use. Raises SettingsError."""
    if not _installed:
        install(build(load_settings(os.environ)))
    return _installed[0]
