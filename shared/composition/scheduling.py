"""What watches mailboxes and schedules rooms."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.composition.mailboxes import Mailboxes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.conferences.platform import Platform
    from shared.conferences.policy import Policy
    from shared.identity.passwords import BasicAuthenticator
    from shared.identity.service_account import ServiceAccounts
    from shared.intake.webhook import Webhook
    from shared.integrations import Integration
    from shared.mailboxes.graph.client import GraphClient, Tokens
    from shared.meetings.handlers import Handlers
    from shared.meetings.lifecycle import IntegrationLifecycle
    from shared.meetings.retirement import Retirement
    from shared.meetings.timers import Timers
    from shared.meetings.worker import Worker
    from shared.operations.doctor import Finding


class Scheduling(Mailboxes):
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

        return BasicAuthenticator(self.settings.policy, "policy", self.clock)

    @cached_property
    def webhook(self) -> Webhook:
        """What Graph notifies."""
        from shared.intake.webhook import Webhook

        return Webhook(self.client_states)

    @cached_property
    def worker(self) -> Worker:
        """The queue's consumer."""
        from shared.meetings.worker import Worker

        return Worker(self._handlers, self.queue, self.alarms)

    @cached_property
    def platform(self) -> Platform:
        """Where conferences live."""
        from shared.composition.conferences import platform_of

        return platform_of(self.storage)

    @cached_property
    def timers(self) -> Timers:
        """What the timers do for every integration."""
        from shared.meetings.timers import Timers

        return Timers(self.integrations, self._handlers, self.alarms, self.retirement)

    @cached_property
    def retirement(self) -> Retirement:
        """What removes a deleted integration's rooms and records."""
        from shared.meetings.retirement import Retirement

        return Retirement(self.storage, self.platform)

    @cached_property
    def lifecycle(self) -> IntegrationLifecycle:
        """What follows when an integration is saved or deleted."""
        from shared.meetings.lifecycle import IntegrationLifecycle

        return IntegrationLifecycle(self.timers, self.retirement)

    @cached_property
    def service_accounts(self) -> ServiceAccounts:
        """Signs service accounts in, and tries their connection at once."""
        from shared.identity.service_account import ServiceAccounts

        return ServiceAccounts(
            self.integrations,
            self.token_endpoints,
            self.service_tokens,
            self.alarms,
            self.settings.tag_signing_key,
            self.clock,
            self.timers.connect,
        )

    async def examine(self, integration: Integration) -> Sequence[Finding]:
        """What is wrong with an integration, and what fixes it."""
        from shared.operations.doctor import Doctor
        from shared.operations.doctor.server import ServerProbe
        from shared.operations.doctor.service_account import ServiceAccountProbe

        doctor = Doctor(
            access=self.graph_access_of,
            ews_access=self.ews_access_of,
            account=ServiceAccountProbe(self.service_tokens, self._graph_as),
            probe=ServerProbe(),
            storage=self.storage,
            alarms=self.alarms,
            allocator=self.allocator,
            clock=self.clock,
            base_url=self.settings.public_base_url,
            app_id=self.settings.azure_client_id,
        )
        return await doctor.examine(integration)

    def _graph_as(self, integration: Integration, tokens: Tokens) -> GraphClient:
        from shared.mailboxes.graph.client import GraphClient

        return GraphClient(self.settings.graph_base_url, tokens, use_proxy=not integration.disable_proxy)

    async def _handlers(self, uuid: str) -> Handlers:
        from shared.meetings.decider import Decider
        from shared.meetings.due_runner import DueRunner
        from shared.meetings.handlers import Handlers
        from shared.meetings.processor import Processor
        from shared.meetings.records import Records

        integration = await self.integrations.cached(uuid)
        mailbox = self.mailbox_of(integration)
        records = Records(self.storage, integration.uuid)
        decider = Decider(integration, records, self.allocator, self.promises, self.clock)
        processor = Processor(
            integration, mailbox, self.platform, records, decider, self.queue, self.alarms, self.clock
        )
        agenda = DueRunner(uuid, mailbox, self.platform, records, self.storage, self.clock)
        return Handlers(processor, self.watcher_of(integration, mailbox), agenda)
