"""Additional work to do when an integration's settings are saved or deleted."""

from typing import Protocol


class Lifecycle(Protocol):
    """Called when admins create, save or delete integrations."""

    async def creating(self, uuid: str) -> None:
        """Called before an integration is created with a uuid chosen by the admin. Raises Conflict if an earlier
        integration with that uuid has not been removed completely.
        """
        ...

    async def saved(self, uuid: str, changed: frozenset[str]) -> None:
        """Test the integration's connection to Exchange. Problems raise an alarm, but never an exception (E4).

        `changed` lists the changed settings. Alarms about anything no longer in use are cleared.
        """
        ...

    async def deleting(self, uuid: str) -> None:
        """Called before the settings are deleted."""
        ...

    async def deleted(self, uuid: str) -> None:
        """Called after the settings have been deleted. Closes the integration's rooms."""
        ...
