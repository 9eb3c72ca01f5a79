"""What watching a mailbox remembers: rows `watch:<name>` in the integration's partition of table `meetings`."""

from contextlib import suppress
from dataclasses import dataclass

from shared.storage import Delete, Put, Row, RowChanged, Storage

_COLUMN = 30_000


@dataclass(frozen=True)
class WatchState:
    """The states of one integration; one of another mailbox or another public address is none (see Watcher)."""

    storage: Storage
    integration: str
    watched: str

    async def read(self, name: str) -> Row | None:
        """The state of this name, or None."""
        row = await self.storage.table("meetings").get(self.integration, f"watch:{name}")
        return row if row and row.values.get("watched") == self.watched else None

    async def write(self, name: str, **values: str) -> None:
        """Remember a state, whatever it was before."""
        row = Put(f"watch:{name}", {**values, "watched": self.watched})
        await self.storage.table("meetings").commit(self.integration, row)

    async def forget(self, *names: str) -> None:
        """Remember these states no more."""
        for name in names:
            if row := await self.read(name):
                with suppress(RowChanged):  # another run has just written it; the next sweep looks again
                    await self.storage.table("meetings").commit(self.integration, Delete(row))


def parts(state: str) -> dict[str, str]:
    """A state in as many columns as it needs: EWS's grow with the folder, and a column holds 32,768 characters."""
    rest = range(_COLUMN, len(state), _COLUMN)
    return {"state": state[:_COLUMN]} | {f"state_{start}": state[start : start + _COLUMN] for start in rest}


def joined(row: Row) -> str:
    """What `parts` has split."""
    state = str(row.values["state"])
    while part := str(row.values.get(f"state_{len(state)}", "")):
        state += part
    return state
