"""Graph item ids. Like real ids, they are long and case-sensitive.

A regular id contains the mailbox, and changes whenever the item moves to another folder. An immutable id (`Prefer:
IdType="ImmutableId"`) stays the same as long as the item is in the mailbox. Requests can use either kind.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date

_REGULAR = b"\x00\x03\x24\x00"
_IMMUTABLE = b"\x00\x09\x00\x2e\x00\x00\x00\x00\x00\x1d\x84\x03\x11\xaa\x66\x11\xcd\x9b\xc8\x00\xaa\x00\x2f\xc4\x5a\x0d"
_GUID_LENGTH = 36

MESSAGE, EVENT = 1, 2


class MalformedIdError(ValueError):
    """The id was not issued by this service."""


@dataclass(frozen=True)
class ItemId:
    """The parts of an id. ``moves`` is None in an immutable id. ``day`` identifies an occurrence of a series."""

    kind: int
    key: str
    moves: int | None = None
    day: date | None = None

    def text(self, owner: str) -> str:
        """The id as seen by clients."""
        content = bytes([self.kind]) + bytes.fromhex(self.key)
        if self.day:
            content += self.day.toordinal().to_bytes(4, "big")
        if self.moves is None:
            return urlsafe_b64encode(_IMMUTABLE + content).decode()
        head = _REGULAR + owner.encode() + b"\x00\x46" + self.moves.to_bytes(2, "big")
        return urlsafe_b64encode(head + content).decode()


def parse(text: str) -> ItemId:
    """Parse an id of either kind; raises `MalformedIdError`."""
    try:
        data = urlsafe_b64decode(text.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise MalformedIdError(text) from error
    if data.startswith(_IMMUTABLE):
        return _content(data[len(_IMMUTABLE) :], None)
    head = len(_REGULAR) + _GUID_LENGTH + 2
    if data.startswith(_REGULAR) and len(data) > head + 2:
        return _content(data[head + 2 :], int.from_bytes(data[head : head + 2], "big"))
    raise MalformedIdError(text)


def _content(data: bytes, moves: int | None) -> ItemId:
    if len(data) not in (17, 21) or data[0] not in (MESSAGE, EVENT):
        raise MalformedIdError(data.hex())
    day = date.fromordinal(int.from_bytes(data[17:], "big")) if len(data) == 21 else None
    return ItemId(data[0], data[1:17].hex(), moves, day)


def folder_id(owner: str, folder: str) -> str:
    """The id of a well-known folder in a mailbox. It never changes, because folders do not move."""
    return urlsafe_b64encode(_REGULAR + owner.encode() + b"\x00\x2e" + folder.encode()).decode()


def change_key(number: int) -> str:
    """An item's change key after the change with the given number."""
    return urlsafe_b64encode(b"\x09\x00\x00\x00\x16\x00\x00\x00\x11\x9f\x6b\xdd" + number.to_bytes(12, "big")).decode()
