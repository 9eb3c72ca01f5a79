"""The parts that serve the add-in."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.addin.manifest import Manifests
    from shared.addin.meeting_details import MeetingDetails
    from shared.addin.pane import Pane
    from shared.addin.tag_state import TagStates
    from shared.composition.conferences import Conferences
    from shared.composition.foundation import Foundation
    from shared.composition.identity import Identity
    from shared.personal.bridges import Bridges
    from shared.personal.lookup import PersonalVmrs
    from shared.web.icons import Icons


class AddIn:
    """The parts that serve the add-in."""

    def __init__(self, foundation: Foundation, identity: Identity, conferences: Conferences) -> None:
        self.foundation = foundation
        self.identity = identity
        self.conferences = conferences

    @cached_property
    def meeting_details(self) -> MeetingDetails:
        """Responds to a click on the single-use button."""
        from shared.addin.meeting_details import MeetingDetails

        return MeetingDetails(self.foundation.integrations, self.identity.users, self.foundation.allocator)

    @cached_property
    def tag_states(self) -> TagStates:
        """Tells the task pane the state of a tag found in a meeting."""
        from shared.addin.tag_state import TagStates

        base = self.foundation
        return TagStates(base.integrations, self.identity.users, base.promises, base.storage, base.clock)

    @cached_property
    def pane(self) -> Pane:
        """The add-in's page, files and configuration."""
        from shared.addin.pane import Pane
        from shared.intake.mailbox_addresses import MailboxAddresses

        base = self.foundation
        addresses = MailboxAddresses(base.storage, base.clock).of
        return Pane(base.integrations, self.identity.users, base.promises, addresses, local=base.settings.is_local)

    @cached_property
    def manifests(self) -> Manifests:
        """The manifests with which admins install the add-in."""
        from shared.addin.manifest import Manifests

        return Manifests(self.foundation.integrations, self.foundation.addresses)

    @cached_property
    def icons(self) -> Icons:
        """The add-in's icons."""
        from shared.web.icons import Icons

        return Icons(self.foundation.integrations)

    @cached_property
    def personal_vmrs(self) -> PersonalVmrs:
        """Lists a signed-in user's own VMRs."""
        from shared.personal.lookup import PersonalVmrs
        from shared.personal.sources import ChosenSource, StoreSource
        from shared.personal.store import VmrStore

        source = ChosenSource(StoreSource(VmrStore(self.foundation.storage)), self.bridges)
        return PersonalVmrs(self.foundation.integrations, self.identity.users.identify, self.identity.end_users, source)

    @cached_property
    def bridges(self) -> Bridges:
        """People's VMRs on Management Nodes."""
        from shared.personal.bridges import Bridges

        return Bridges(self.foundation.integrations, self.conferences.management_nodes, self.foundation.alarms)
