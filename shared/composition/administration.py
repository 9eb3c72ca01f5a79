"""The parts for admins: the management API, the doctor, service accounts' sign-ins and the page at the root."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from shared.composition.addin import AddIn
    from shared.composition.foundation import Foundation
    from shared.composition.identity import Identity
    from shared.composition.mailboxes import Mailboxes
    from shared.composition.scheduling import Scheduling
    from shared.console.pages import Console
    from shared.identity.service_account import ServiceAccounts
    from shared.integrations import Integration
    from shared.management import Admins, Management
    from shared.operations.doctor import Examination
    from shared.operations.home import Home


class Administration:
    """The parts for admins. Cold starts of other functions do not pay for them."""

    def __init__(
        self, foundation: Foundation, identity: Identity, addin: AddIn, mailboxes: Mailboxes, scheduling: Scheduling
    ) -> None:
        self.foundation = foundation
        self.identity = identity
        self.addin = addin
        self.mailboxes = mailboxes
        self.scheduling = scheduling

    @cached_property
    def management(self) -> Management:
        """The management API with all its resources."""
        from shared.management import management
        from shared.meetings.room_control import RoomControl

        base = self.foundation
        return management(
            self._admins(),
            self.identity.api_clients,
            base.integrations,
            base.storage,
            base.alarms,
            base.clock,
            self.scheduling.lifecycle,
            self.examine,
            self.service_accounts.start,
            self.addin.bridges.names,
            self.addin.bridges.name_at,
            RoomControl(base.storage, self.scheduling.conferences.platform, base.clock),
            self.scheduling.lists,
            local=base.settings.is_local,
        )

    def _admins(self) -> Admins:
        from shared.management import ClientAdmins, EntraAdmins, PasswordAdmins

        settings = self.foundation.settings
        by_password, app = PasswordAdmins(settings.management), settings.management_app
        by_entra = EntraAdmins(self.identity.entra_tokens.proxied, app, by_password) if app else by_password
        return ClientAdmins(self.identity.client_tokens, by_entra)

    @cached_property
    def service_accounts(self) -> ServiceAccounts:
        """Signs service accounts in, and tests their connection immediately."""
        from shared.identity.service_account import ServiceAccounts

        return ServiceAccounts(
            self.foundation.integrations,
            self.identity.token_endpoints,
            self.identity.service_tokens,
            self.foundation.alarms,
            self.foundation.settings.tag_signing_key,
            self.foundation.clock,
            self.scheduling.timers.connect,
        )

    @cached_property
    def console(self) -> Console:
        """The web console's page and files."""
        from shared.console.pages import Console

        return Console(self.foundation.settings.management_app)

    @cached_property
    def home(self) -> Home:
        """The page at the deployment's own address."""
        from shared.operations.home import Home

        return Home(self.foundation.integrations, self.foundation.alarms, self.foundation.clock)

    async def examine(self, integration: Integration, only: Collection[str] = ()) -> Examination:
        """Finds what is wrong with an integration, and how to fix it."""
        from shared.operations.doctor import Doctor
        from shared.operations.doctor.server import ServerProbe
        from shared.operations.doctor.service_account import ServiceAccountProbe

        base, mailboxes = self.foundation, self.mailboxes
        doctor = Doctor(
            access=mailboxes.graph_access_of,
            ews_access=mailboxes.ews_access_of,
            account=ServiceAccountProbe(self.identity.service_tokens, mailboxes.graph_as),
            probe=ServerProbe(),
            storage=base.storage,
            alarms=base.alarms,
            allocator=base.allocator,
            clock=base.clock,
            base_url=base.settings.public_base_url,
            node_of=self.addin.conferences.node_of,
            app_id=base.settings.azure_client_id,
        )
        return await doctor.examine(integration, only)
