"""Additional work when an integration's settings are saved or deleted."""

from typing import Protocol


class Lifecycle(Protocol):
    """Is notified when admins create, save or delete integrations."""

    async def creating(self, uuid: str) -> None:
        """Called before an integration is created with a uuid that the admin has chosen. Raises Conflict if an earlier
        integration had that uuid and has not been removed completely.
        """
        ...

    async def saved(self, uuid: str, changed: frozenset[str]) -> None:
        """Test the integration's connection to Exchange; problems raise an alarm, never an error (E4).

        `changed` names the settings that differ now; alarms about what is no longer in use are cleared.
        """
        ...

    async def deleting(self, uuid: str) -> None:
        """Called before the settings are deleted."""
        ...

    async def deleted(self, uuid: str) -> None:
        """Called after the settings have been deleted: closes the integration's rooms."""
        ...
