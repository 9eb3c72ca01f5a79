"""EWS ids. They contain the mailbox, and they change whenever an item moves to another folder."""

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import date

from dev.exchange.ews.errors import EwsError

MESSAGE, EVENT, FOLDER = 1, 2, 3
_HEAD = b"\x00\x03\x24\x00"
_GUID = 36
_KEY = b"\x09\x00\x00\x00\x16\x00\x00\x00\x11\x9f\x6b\xdd"


@dataclass(frozen=True)
class ItemId:
    """The parts of an id. ``key`` is an item's internal key or a folder's well-known name. ``day`` identifies an
    occurrence.
    """

    kind: int
    owner: str
    key: str
    moves: int = 0
    day: date | None = None

    def text(self) -> str:
        """The id as seen by clients."""
        content = bytes([self.kind]) + self.moves.to_bytes(2, "big")
        content += self.day.toordinal().to_bytes(4, "big") if self.day else bytes(4)
        return b64encode(_HEAD + self.owner.encode() + content + self.key.encode()).decode()


def parse(text: str) -> ItemId:
    """Parse an id; raises `EwsError` if it was not issued by this service."""
    try:
        data = b64decode(text.encode("ascii"), validate=True)
        head, content = len(_HEAD), data[len(_HEAD) + _GUID :]
        if not data.startswith(_HEAD) or len(content) < 8 or content[0] not in (MESSAGE, EVENT, FOLDER):
            raise EwsError("ErrorInvalidIdMalformed")
        ordinal = int.from_bytes(content[3:7], "big")
        return ItemId(
            kind=content[0],
            owner=data[head : head + _GUID].decode(),
            key=content[7:].decode(),
            moves=int.from_bytes(content[1:3], "big"),
            day=date.fromordinal(ordinal) if ordinal else None,
        )
    except (binascii.Error, UnicodeError, ValueError, OverflowError) as error:
        raise EwsError("ErrorInvalidIdMalformed") from error


def change_key(number: int) -> str:
    """An item's change key after the change with the given number."""
    return b64encode(_KEY + number.to_bytes(12, "big")).decode()
