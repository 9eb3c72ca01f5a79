"""A recorder of notifications about integrations."""


class FakeLifecycle:
    """A fake `Lifecycle`. `told` lists the notifications in order of arrival."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    async def creating(self, uuid: str) -> None:
        self.told.append(("creating", uuid))

    async def saved(self, uuid: str, changed: frozenset[str]) -> None:
        self.told.append(("saved", uuid))

    async def deleting(self, uuid: str) -> None:
        self.told.append(("deleting", uuid))

    async def deleted(self, uuid: str) -> None:
        self.told.append(("deleted", uuid))
