"""User records by their sign-ins alone, for as long as `shared/personal` has none: an EndUsers over Table storage.

Rows of table `meetings` in partition `users:<integration>`:

    email:<address>       user       one record an address
    user:<uuid>           email, name
    key:<SHA-256>         user       what the record remembers
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

from shared.errors import NotAllowed
from shared.integrations import Integration
from shared.storage import Delete, Insert, Put, RowChanged, RowExists, Storage


@dataclass(frozen=True)
class TableUser:
    """An EndUser."""

    uuid: str
    email: str


class TableUsers:
    """See EndUsers."""

    def __init__(self, storage: Storage) -> None:
        self._table = storage.table("meetings")

    async def signed_in(self, integration: Integration, subject: str, email: str, name: str) -> TableUser:
        """See EndUsers.signed_in."""
        user = await self.known(integration, subject) or await self._by_email(integration, email, name)
        await self.remember(integration, user.uuid, subject)
        return user

    async def remember(self, integration: Integration, user: str, key: str) -> None:
        """See EndUsers.remember."""
        await self._table.commit(_partition(integration), Put(_key(key), {"user": user}))

    async def known(self, integration: Integration, key: str) -> TableUser | None:
        """See EndUsers.known."""
        kept = await self._table.get(_partition(integration), _key(key))
        record = await self._table.get(_partition(integration), f"user:{kept.values['user']}") if kept else None
        return TableUser(str(kept.values["user"]), str(record.values["email"])) if kept and record else None

    async def sign_out(self, integration: Integration, user: str) -> None:
        """See EndUsers.sign_out."""
        async for row in self._table.rows(_partition(integration), "key:"):
            if row.values["user"] == user:
                try:
                    await self._table.commit(_partition(integration), Delete(row))
                except RowChanged:
                    continue  # signed in anew, or signed out by another process, this moment

    async def _by_email(self, integration: Integration, email: str, name: str) -> TableUser:
        partition, address = _partition(integration), f"email:{sha256(email.encode()).hexdigest()}"
        found = await self._table.get(partition, address)
        if found is None and integration.allow_new_users:
            made = str(uuid4())
            rows = Insert(address, {"user": made}), Insert(f"user:{made}", {"email": email, "name": name})
            try:
                await self._table.commit(partition, *rows)
            except RowExists:  # made by another process this moment
                found = await self._table.get(partition, address)
            else:
                return TableUser(made, email)
        if found is None:
            raise NotAllowed("There is no user record for you here. Please ask your administrator for one.")
        return TableUser(str(found.values["user"]), email)


def _partition(integration: Integration) -> str:
    return f"users:{integration.uuid}"


def _key(key: str) -> str:
    return f"key:{sha256(key.encode()).hexdigest()}"
