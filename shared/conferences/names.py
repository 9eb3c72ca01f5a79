"""Conference names. They are unique in the deployment, because a bridge treats two conferences with the same name as
one room (M2).
"""

import re
import secrets

from shared.bookings.alias_rows import NAME_KEY, aliases_table, name_partition
from shared.storage import Delete, Insert, RowChanged, RowExists, Tables

_NAME_MAX_LENGTH = 250
_ATTEMPTS = 10


class ConferenceNames:
    """Claims on names, one row each in table `aliases`. A claim belongs to a booking's tag.

    Personal VMRs claim their names in the same table (shared/personal/claims.py).
    """

    def __init__(self, storage: Tables) -> None:
        self._table = aliases_table(storage)

    async def claim(self, name: str, integration: str, tag: str) -> str:
        """The name itself if it is unused or already belongs to this tag; otherwise the name followed by a random
        number.

        `integration` is the booking's integration. Takes one round trip if the name is unused.
        """
        candidate = name[:_NAME_MAX_LENGTH]
        if await self._take(candidate, integration, tag):
            return candidate
        return await self.claim_numbered(name, integration, tag)

    async def claim_numbered(self, name: str, integration: str, tag: str) -> str:
        """The name followed by a random number. Used when a bridge refuses a name that is unused here."""
        for _ in range(_ATTEMPTS - 1):
            candidate = f"{name[: _NAME_MAX_LENGTH - 9]} {secrets.randbelow(10**8):08}"
            if await self._take(candidate, integration, tag):
                return candidate
        return f"{name[: _NAME_MAX_LENGTH - 37]} {tag}"

    async def release(self, name: str, tag: str) -> None:
        """Release the name if it belongs to this tag."""
        row = await self._table.get(name_partition(name), NAME_KEY)
        if row is not None and row.values.get("tag") == tag:
            try:
                await self._table.commit(row.partition, Delete(row))
            except RowChanged:
                return  # released by a concurrent run

    async def tag_of(self, name: str, integration: str) -> str:
        """The tag of the booking that has the name, or "" if no booking of this integration has it. Takes one point
        read.
        """
        row = await self._table.get(name_partition(name), NAME_KEY)
        is_theirs = row is not None and row.values.get("integration") == integration
        return str(row.values.get("tag", "")) if row and is_theirs else ""

    async def _take(self, name: str, integration: str, tag: str) -> bool:
        try:
            await self._table.commit(name_partition(name), Insert(NAME_KEY, {"integration": integration, "tag": tag}))
        except RowExists:
            row = await self._table.get(name_partition(name), NAME_KEY)
            return row is not None and row.values.get("tag") == tag
        return True


def is_name_of(wanted: str, name: str) -> bool:
    """Whether `claim` could have returned `name` for `wanted`."""
    return name == wanted[:_NAME_MAX_LENGTH] or bool(
        re.fullmatch(re.escape(wanted[: _NAME_MAX_LENGTH - 9]) + r" \d{8}", name)
    )
