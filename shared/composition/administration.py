"""The management API, over everything that admins reach through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.management import Admins, EntraAdmins, Management, PasswordAdmins, management

if TYPE_CHECKING:
    from shared.composition.scheduling import Scheduling


def management_over(parts: Scheduling) -> Management:
    """The API with all its resources."""
    return management(
        _admins(parts),
        parts.integrations,
        parts.storage,
        parts.alarms,
        parts.clock,
        parts.lifecycle,
        parts.examine,
        parts.service_accounts.start,
        parts.bridges.names,
        local=parts.settings.is_local,
    )


def _admins(parts: Scheduling) -> Admins:
    by_password, app = PasswordAdmins(parts.settings.management), parts.settings.management_app
    return EntraAdmins(parts.entra_tokens.proxied, app, by_password) if app else by_password
