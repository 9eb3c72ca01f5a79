"""An XML element from EWS. Reading is lenient: a missing or unset value is empty."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from shared.errors import Unavailable

TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"


class Node:
    """An lxml element in EWS's types namespace (lxml is untyped). A missing or unset value is empty."""

    def __init__(self, element: Any) -> None:
        self._element = element

    def find(self, path: str) -> "Node | None":
        """The first element at a path such as `Organizer/Mailbox`."""
        found = self._element.find(_qualified(path))
        return None if found is None else Node(found)

    def all(self, path: str) -> Iterator["Node"]:
        """All elements at a path."""
        return map(Node, self._element.findall(_qualified(path)))

    def children(self) -> Iterator["Node"]:
        """The element's children, regardless of their names."""
        return map(Node, self._element)

    def text(self, path: str) -> str:
        """The text of an element; "" if there is none."""
        return str(self._element.findtext(_qualified(path)) or "")

    def own_text(self) -> str:
        """The text of this element itself."""
        return str(self._element.text or "")

    def flag(self, path: str, *, default: bool = False) -> bool:
        """An xs:boolean."""
        return {"true": True, "1": True, "false": False, "0": False}.get(self.text(path).strip().lower(), default)

    def attribute(self, path: str, name: str) -> str:
        """An attribute of an element; "" if either is missing."""
        found = self._element.find(_qualified(path))
        return "" if found is None else str(found.get(name) or "")

    def own(self, name: str) -> str:
        """An attribute of this element itself; "" if it is missing."""
        return str(self._element.get(name) or "")

    def moment(self, path: str) -> datetime | None:
        """An xs:dateTime in UTC, to the second. A time without an offset is in UTC, because UTC was requested.

        None if it is missing, or if arithmetic would overflow in some zone (unset times are in year 1).
        """
        try:
            moment = datetime.fromisoformat(self.text(path).strip())
        except ValueError:
            return None
        if not 1601 < moment.year < 9999:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)

    def extended(self, number: int) -> str:
        """The value of an extended property, given its tag or id. Binary values are base64."""
        for held in self.all("ExtendedProperty"):
            named = held.attribute("ExtendedFieldURI", "PropertyTag") or held.attribute(
                "ExtendedFieldURI", "PropertyId"
            )
            if _number(named) == number:
                return held.text("Value")
        return ""

    @property
    def name(self) -> str:
        """The element's own name, without its namespace."""
        return str(self._element.tag).rpartition("}")[2]

    @property
    def id(self) -> str:
        """The item's id, which changes when the item moves to another folder. Raises Unavailable if there is none."""
        return self.attribute("ItemId", "Id") or missing("ItemId")


def _qualified(path: str) -> str:
    return "/".join(f"{{{TYPES}}}{step}" for step in path.split("/"))


def _number(text: str) -> int:
    """The number in a string such as `0x300b` (a tag) or `35` (an id); -1 if it does not contain one."""
    try:
        return int(text, 0)
    except ValueError:
        return -1


def missing(what: str) -> Any:
    """Raise Unavailable, because the response lacks something that every Exchange server sends."""
    # Only the property's name is shown, because the payload contains people's mail.
    raise Unavailable(f"Exchange's response could not be read: {what}.")
