"""Reads people's VMRs, and the names of referenced objects, from integrations' Management Nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.errors import RateLimited, SettingsInvalid
from shared.integrations import Integration, IntegrationStore
from shared.integrations.draft import Draft
from shared.integrations.references import REFERENCES, is_uri, name_in, path_of
from shared.management_node.failure import NodeFailed, NodeRefused
from shared.management_node.nodes import ManagementNodes, secret_field
from shared.personal.bridge_failure import BridgeFailed
from shared.personal.node_vmrs import vmrs_of_owner
from shared.personal.rendering import Vmr

_STATUS_400 = "the Management Node refused the request (status 400)"
_INSTEAD = "Enter the name instead, as shown on the node."


class Bridges:
    """A VmrSource that reads from the Management Node in an integration's settings."""

    def __init__(self, integrations: IntegrationStore, nodes: ManagementNodes, alarms: Alarms) -> None:
        self._integrations = integrations
        self._nodes = nodes
        self._alarms = alarms

    async def of_owner(self, integration: Integration, email: str) -> Sequence[Vmr]:
        """See VmrSource.of_owner. Raises BridgeFailed (after raising an alarm), RateLimited, Unavailable."""
        try:
            found = await self._of_owner(integration, email)
        except BridgeFailed as failed:
            await self._alarms.raise_(integration.uuid, AlarmKind.BRIDGE, f"Personal VMRs: {failed.cause}.")
            raise
        await self._alarms.clear(integration.uuid, AlarmKind.BRIDGE)
        return found

    async def _of_owner(self, integration: Integration, email: str) -> Sequence[Vmr]:
        try:
            return await vmrs_of_owner((await self._nodes.of(integration)).client, email)
        except NodeFailed as failed:
            raise BridgeFailed(failed.cause) from failed
        except NodeRefused as refused:
            raise BridgeFailed(_STATUS_400) from refused
        except RateLimited as limited:
            raise _too_many(limited.retry_after) from limited

    async def names(self, proposed: Draft, before: Integration | None) -> Mapping[str, str]:
        """The names of the objects that a checked draft refers to by URI, as given by its Management Node and keyed by
        field. Raises SettingsInvalid if the node lacks one of them or cannot be reached.
        """
        wanted, names, faults = _unresolved(proposed.integration, before), dict[str, str](), dict[str, list[str]]()
        for field in wanted:
            path = path_of(field, getattr(proposed.integration, field))
            try:
                name = await self._name(proposed, before, path) if path else None
            except (NodeFailed, NodeRefused, RateLimited) as failed:
                cause = failed.cause if isinstance(failed, NodeFailed) else str(failed).rstrip(".")
                faults[field] = [f"The Management Node cannot resolve this URI at the moment: {cause}. {_INSTEAD}"]
                continue
            if name:
                names[field] = name
            else:
                faults[field] = [f"The Management Node has no such {REFERENCES[field]}. {_INSTEAD}"]
        if faults:
            raise SettingsInvalid(faults)
        return names

    async def name_at(self, integration: Integration, path: str) -> str | None:
        """The name of the object at a path on an integration's Management Node; None if there is none. Raises
        BridgeFailed, RateLimited.
        """
        try:
            return await (await self._nodes.of(integration)).conferences.name_at(path)
        except NodeFailed as failed:
            raise BridgeFailed(failed.cause) from failed
        except NodeRefused as refused:
            raise BridgeFailed(_STATUS_400) from refused

    async def _name(self, proposed: Draft, before: Integration | None, path: str) -> str | None:
        """Look up a name using the draft's own credentials, which are not saved yet."""
        field = secret_field(proposed.integration)
        secret = proposed.secrets.get(field) or (
            await self._integrations.secret(before.uuid, field) if before else None
        )
        if not secret:
            raise NodeFailed(f"{field} is not set")
        node = self._nodes.with_secret(proposed.integration, secret.get_secret_value())
        try:
            return await node.conferences.name_at(path)
        finally:
            await node.client.close()


def _unresolved(now: Integration, before: Integration | None) -> list[str]:
    """The settings that contain an object's URI, except those resolved earlier."""
    return [
        field
        for field in REFERENCES
        if is_uri(value := getattr(now, field))
        and not (before and getattr(before, field) == value and name_in(before, field))
    ]


def _too_many(seconds: float) -> RateLimited:
    return RateLimited(
        "Too many people are loading their personal VMRs right now. Please try again in a minute.", seconds
    )
