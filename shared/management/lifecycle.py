"""What happens besides the settings when they are saved or deleted."""

from typing import Protocol


class Lifecycle(Protocol):
    """Notified of what admins do with integrations."""

    async def creating(self, uuid: str) -> None:
        """Comes before an integration is created with a uuid of the admin's. Raises Conflict where that had another
        one, of which not everything is gone yet.
        """
        ...

    async def saved(self, uuid: str, changed: frozenset[str]) -> None:
        """Test the connection to its Exchange; problems raise an alarm, never an error (E4).

        `changed` names the settings that differ now; alarms about what is no longer in use are cleared.
        """
        ...

    async def deleting(self, uuid: str) -> None:
        """Called before the settings are deleted."""
        ...

    async def deleted(self, uuid: str) -> None:
        """Called after they have been deleted: its rooms close."""
        ...
