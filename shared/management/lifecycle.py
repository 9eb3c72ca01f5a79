"""What happens around the settings when they are saved or deleted."""

from typing import Protocol


class Lifecycle(Protocol):
    """Told of what admins do with integrations."""

    async def creating(self, uuid: str) -> None:
        """Comes before an integration is created with a uuid of the admin's. Raises Conflict where that had another
        one, of which not everything is gone yet.
        """
        ...

    async def saved(self, uuid: str, changed: frozenset[str]) -> None:
        """Try the connection to its Exchange; faults raise an alarm, never an error (E4).

        `changed` names the settings that differ now; alarms about what they put out of use are cleared.
        """
        ...

    async def deleting(self, uuid: str) -> None:
        """Comes before the settings go."""
        ...

    async def deleted(self, uuid: str) -> None:
        """Comes after they have gone: its rooms close."""
        ...
