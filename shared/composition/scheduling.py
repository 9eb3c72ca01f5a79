"""What watches mailboxes and schedules rooms."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.composition.addin import AddIn
from shared.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.conferences.platform import Platform
    from shared.conferences.policy import Policy
    from shared.identity.passwords import BasicAuthenticator
    from shared.integrations import Integration
    from shared.mailboxes.client_state import ClientStates
    from shared.mailboxes.graph.client import GraphClient
    from shared.mailboxes.webhook import Webhook
    from shared.meetings.hands import Hands
    from shared.meetings.lifecycle import IntegrationLifecycle
    from shared.meetings.retirement import Retirement
    from shared.meetings.rounds import Rounds
    from shared.meetings.worker import Worker
    from shared.operations.doctor import Finding
    from shared.storage import Queue


class Scheduling(AddIn):
    """The parts behind policy, webhook, queue and timers."""

    @cached_property
    def policy(self) -> Policy:
        """What conferencing nodes are answered from."""
        from shared.conferences.policy import Policy

        return Policy(self.storage, self.clock)

    @cached_property
    def nodes(self) -> BasicAuthenticator:
        """Proves conferencing nodes."""
        from shared.identity.passwords import BasicAuthenticator

        return BasicAuthenticator(self.settings.policy)

    @cached_property
    def webhook(self) -> Webhook:
        """What Graph notifies."""
        from shared.mailboxes.webhook import Webhook

        return Webhook(self.client_states)

    @cached_property
    def client_states(self) -> ClientStates:
        """What Graph's notifications are believed by."""
        from shared.mailboxes.client_state import ClientStates

        return ClientStates(self.settings.tag_signing_key)

    @cached_property
    def worker(self) -> Worker:
        """The queue's consumer."""
        from shared.meetings.worker import Worker

        return Worker(self._hands, self.queue, self.alarms)

    @cached_property
    def queue(self) -> Queue:
        """What the worker works off."""
        return self.storage.queue("meeting-requests")

    @cached_property
    def platform(self) -> Platform:
        """Where conferences live."""
        from shared.conferences.platform import PolicyPlatform

        return PolicyPlatform(self.storage)

    @cached_property
    def rounds(self) -> Rounds:
        """What the timers do for every integration."""
        from shared.meetings.rounds import Rounds

        return Rounds(self.integrations, self._hands, self.alarms, self.retirement)

    @cached_property
    def retirement(self) -> Retirement:
        """What removes a deleted integration's rooms and records."""
        from shared.meetings.retirement import Retirement

        return Retirement(self.storage, self.platform)

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

    async def _hands(self, uuid: str) -> Hands:
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
        state = self.client_states.of(uuid)
        subscriptions = GraphSubscriptions(client, address, self.settings.public_base_url, state)
        records = Records(self.storage, integration.uuid)
        judge = Judge(integration, records, self.allocator, self.promises, self.clock)
        processor = Processor(integration, mailbox, self.platform, records, judge, self.queue, self.clock)
        watched = f"{address} {self.settings.public_base_url}"
        watcher = Watcher(uuid, watched, mailbox, subscriptions, self.storage, self.queue, self.clock)
        agenda = Agenda(uuid, mailbox, self.platform, records, self.storage, self.clock)
        return Hands(processor, watcher, agenda)

    @cached_property
    def _graph_clients(self) -> dict[tuple[str, str, str, bool], GraphClient]:
        return {}

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
        if key not in self._graph_clients:
            base = self.settings.graph_base_url

            async def secret() -> str:
                return (await self.secrets.get(reference)).get_secret_value()

            kept = secret if reference else None
            identity = self.settings.azure_client_id
            local = is_loopback(base)
            tokens: Tokens = LocalTokens() if local else graph_tokens(base, tenant, client_id, kept, identity)
            self._graph_clients[key] = client = GraphClient(base, tokens, use_proxy=not integration.disable_proxy)
            self.connections.push_async_callback(client.close)
        return self._graph_clients[key]
