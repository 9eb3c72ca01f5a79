"""What the add-in asks for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.composition.identity import Identity

if TYPE_CHECKING:
    from shared.addin.manifest import Manifests
    from shared.addin.meeting_details import MeetingDetails
    from shared.addin.pane import Pane
    from shared.addin.tag_state import TagStates
    from shared.personal.bridges import Bridges
    from shared.personal.lookup import PersonalVmrs
    from shared.web.icons import Icons


class AddIn(Identity):
    """The parts behind the add-in."""

    @cached_property
    def meeting_details(self) -> MeetingDetails:
        """What a click on the single-use button gets."""
        from shared.addin.meeting_details import MeetingDetails

        return MeetingDetails(self.integrations, self.users, self.allocator)

    @cached_property
    def tag_states(self) -> TagStates:
        """What the pane asks about a tag that it finds in a meeting."""
        from shared.addin.tag_state import TagStates

        return TagStates(self.integrations, self.users, self.promises, self.storage, self.clock)

    @cached_property
    def pane(self) -> Pane:
        """The add-in's page, files and configuration."""
        from shared.addin.pane import Pane
        from shared.intake.room_addresses import RoomAddresses

        addresses = RoomAddresses(self.storage, self.clock).of
        return Pane(self.integrations, self.users, self.promises, addresses, local=self.settings.is_local)

    @cached_property
    def manifests(self) -> Manifests:
        """What admins install the add-in with."""
        from shared.addin.manifest import Manifests

        return Manifests(self.integrations, self.addresses)

    @cached_property
    def icons(self) -> Icons:
        """The add-in's icons."""
        from shared.web.icons import Icons

        return Icons(self.integrations)

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

        bridges = Bridges(self.integrations, self.alarms, self.clock)
        self.connections.push_async_callback(bridges.close)
        return bridges
