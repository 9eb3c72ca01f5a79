"""The owners of mailboxes (users and equipment), with their stable GUIDs."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from dev.exchange.model import Address

TENANT = "72f988bf-0a16-4e8e-93e4-fa7d98191101"
_NAMESPACE = uuid.UUID("6f0e9c1e-2b51-4d0a-9a70-5a1f6a2d7c11")

_SEEDED = {
    "alice@example.com": "Alice Adams",
    "bob@example.com": "Bob Brown",
    "carol@example.com": "Carol Clark",
    "dave@example.com": "Dave Davis",
    "vmr@example.com": "VMR",
    "vmr2@example.com": "VMR 2",
    "vmr-ews@example.com": "VMR on-premises",
    "vmr-node@example.com": "VMR on a Management Node",
}


@dataclass(frozen=True)
class User:
    """A mailbox owner. ``guid`` is the Entra object id, and ``exchange_id`` the `msexchuid` in identity tokens."""

    address: str
    name: str
    guid: str
    exchange_id: str

    @property
    def contact(self) -> Address:
        """The owner's name and address, as they appear in a message."""
        return Address(self.name, self.address)


class Directory:
    """All mailbox owners, keyed by GUID or address. Every participant in a meeting automatically gets a mailbox."""

    def __init__(self) -> None:
        self._by_address: dict[str, User] = {}
        self._by_guid: dict[str, User] = {}
        self._proxies: dict[str, tuple[str, ...]] = {}
        for address, name in _SEEDED.items():
            self.ensure(address, name)

    def __iter__(self) -> Iterator[User]:
        return iter(self._by_guid.values())

    def find(self, key: str) -> User | None:
        """The owner with this GUID or address, ignoring case."""
        return self._by_guid.get(key.casefold()) or self._by_address.get(key.casefold())

    def give(self, user: User, *proxies: str) -> None:
        """Assign proxy addresses with their prefixes: "SMTP:" for the primary address, "smtp:" for other addresses,
        "X500:" and "EX:" for distinguished names. Any of them identifies the mailbox. The address with which the
        mailbox was created is its sign-in name.
        """
        self._proxies[user.guid] = proxies
        for proxy in proxies:
            self._by_address.setdefault(proxy.partition(":")[2].casefold(), user)

    def proxies(self, user: User) -> tuple[str, ...]:
        """All proxy addresses, the primary one first."""
        return self._proxies.get(user.guid, (f"SMTP:{user.address}",))

    def primary(self, user: User) -> str:
        """The primary SMTP address."""
        return next(each for each in self.proxies(user) if each.startswith("SMTP:")).removeprefix("SMTP:")

    def ensure(self, address: str, name: str = "") -> User:
        """Return the owner of an address. An owner is created if the address is new."""
        known = self._by_address.get(address.casefold())
        if known:
            return known
        folded = address.casefold()
        user = User(
            address=address,
            name=name or address.split("@")[0],
            guid=str(uuid.uuid5(_NAMESPACE, folded)),
            exchange_id=str(uuid.uuid5(_NAMESPACE, "msexchuid:" + folded)),
        )
        self._by_address[folded] = user
        self._by_guid[user.guid] = user
        return user
