"""A signed-in user's personal VMRs (P1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import NotAllowed, NotAuthenticated, TemplateInvalid, Unavailable
from shared.identity.caller import Caller
from shared.integrations import Integration, IntegrationStore
from shared.personal.rendering import Listed, Vmr, joinable, listed
from shared.personal.users import UserStore


class VmrSource(Protocol):
    """A source of an integration's VMRs."""

    async def of_owner(self, integration: Integration, email: str) -> Sequence[Vmr]:
        """An owner's VMRs. The address is compared ignoring case. Raises Unavailable, RateLimited."""
        ...


@dataclass(frozen=True)
class PersonalVmrs:
    """Lists VMRs. `identify` is AddInUsers.identify, so the address is the authenticated user's and never comes from a
    request.
    """

    integrations: IntegrationStore
    identify: Callable[[Integration, str], Awaitable[Caller]]
    users: UserStore
    source: VmrSource

    async def listing(self, uuid: str, token: str) -> list[Listed]:
        """The `result` of the call personal_vmrs, ordered by name, without the VMRs that lack an alias. Raises
        NotFound, NotAuthenticated (also for a user whose record has no address), NotAllowed, Unavailable, RateLimited.
        """
        integration = await self.integrations.cached(uuid)
        caller = await self.identify(integration, token)
        if not integration.enable_personal_vmrs:
            raise NotAllowed("Personal VMRs are not enabled here.")
        email = caller.email or await self._email(integration, caller)
        vmrs = await self.source.of_owner(integration, email)
        try:
            return [listed(integration, vmr) for vmr in joinable(vmrs)]
        except TemplateInvalid as error:
            message = f"A template for personal VMRs is faulty. Please ask your administrator to preview it. {error}"
            raise Unavailable(message) from error

    async def _email(self, integration: Integration, caller: Caller) -> str:
        """The address in the caller's record, because Outlook's own tokens contain no address that can be trusted."""
        user = await self.users.tied(integration, caller.key)
        if user is None:
            raise NotAuthenticated("Please sign in to see your personal VMRs.")
        return user.email
