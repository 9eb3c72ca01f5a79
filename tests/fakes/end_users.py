"""In-memory user records."""

from dataclasses import dataclass, field
from uuid import uuid4

from shared.errors import NotAllowed
from shared.identity.caller import Caller
from shared.integrations import Integration


@dataclass
class MemoryEndUser:
    """A fake `EndUser`. `keys` maps each pair of an integration and a user's key to a sign-in id."""

    email: str
    name: str = ""
    uuid: str = field(default_factory=lambda: str(uuid4()))
    keys: dict[tuple[str, str], str] = field(default_factory=dict)

    def sign_in(self, integration: str, key: str) -> str:
        return self.keys[integration, key]


class MemoryEndUsers:
    """A fake `EndUsers`. Tests add and remove `records` as an admin would."""

    def __init__(self) -> None:
        self.records: list[MemoryEndUser] = []

    async def signed_in(self, integration: Integration, subject: str, email: str, name: str) -> MemoryEndUser:
        user = await self.known(integration, subject) or self._by_email(email)
        if user is None:
            if not integration.allow_new_users:
                raise NotAllowed("You have no user record here. Please ask your administrator for one.")
            user = MemoryEndUser(email, name)
            self.records.append(user)
        user.keys.setdefault((integration.uuid, subject), str(uuid4()))
        return user

    async def remember(self, integration: Integration, user: str, outlook: Caller) -> bool:
        """Remember a key immediately and permanently. In the real records, keys expire."""
        key = outlook.key
        known = await self.known(integration, key)
        if known is not None:
            return known.uuid == user
        for record in self.records:
            if record.uuid == user:
                record.keys[integration.uuid, key] = str(uuid4())
                return True
        return False

    async def known(self, integration: Integration, key: str) -> MemoryEndUser | None:
        return next((record for record in self.records if (integration.uuid, key) in record.keys), None)

    async def sign_out(self, integration: Integration, user: str) -> None:
        for record in self.records:
            if record.uuid == user:
                record.keys = {key: id_ for key, id_ in record.keys.items() if key[0] != integration.uuid}

    def _by_email(self, email: str) -> MemoryEndUser | None:
        return next((record for record in self.records if record.email.lower() == email), None)
