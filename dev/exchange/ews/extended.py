"""Extended properties: MAPI properties identified by a tag, or by a property set and an id or name. Properties set by
clients are stored.
"""

import base64
from collections import defaultdict
from dataclasses import dataclass, field

from dev.exchange.calendar import Entry, day_of
from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.xml import Element, child, children, local, t, text
from dev.exchange.model import Meeting, Message
from dev.exchange.uids import of_occurrence

_SETS = {
    "6ed8da90-450b-101b-98da-00aa003f1305": "Meeting",
    "00062002-0000-0000-c000-000000000046": "Appointment",
}
_SEARCH_KEY = 0x300B
_SENDER_SMTP, _SENT_REPRESENTING_SMTP = 0x5D01, 0x5D02
_GLOBAL_OBJECT_ID, _CLEAN_GLOBAL_OBJECT_ID = 0x3, 0x23
_SEQUENCE = 0x8201


@dataclass(frozen=True)
class ExtendedUri:
    """An ExtendedFieldURI. Responses repeat its ``attributes`` as written by the client. The other fields are parsed
    from these attributes.

    ``name`` is the property's tag or id as a number, or its name.
    """

    attributes: tuple[tuple[str, str], ...]
    property_set: str
    name: int | str
    type: str

    @property
    def key(self) -> tuple[str, int | str, str]:
        """The values that identify the property."""
        return self.property_set, self.name, self.type


@dataclass
class ExtendedProperties:
    """The properties set by clients, keyed by the item's internal key."""

    _held: defaultdict[tuple[str, str], dict[tuple[str, int | str, str], tuple[str, ...]]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def keep(self, thing: Message | Entry, properties: list[Element]) -> None:
        """Store the extended properties set by a client; raises `EwsError`."""
        for given in properties:
            if local(given) == "ExtendedProperty":
                uri, values = read(child(given, "ExtendedFieldURI")), child(given, "Values")
                texts = [text(given, "Value")] if values is None else [item.text or "" for item in children(values)]
                self._held[_whose(thing)][uri.key] = tuple(texts)

    def update(self, thing: Message | Entry, updates: list[Element]) -> None:
        """Store or remove extended properties according to an item's updates; raises `EwsError`."""
        for update in updates:
            self.keep(thing, values_of(update))
            path = child(update, "ExtendedFieldURI")
            if local(update) == "DeleteItemField" and path is not None:
                self._held[_whose(thing)].pop(read(path).key, None)

    def of(self, thing: Message | Entry) -> dict[tuple[str, int | str, str], tuple[str, ...]]:
        """All extended properties of an item."""
        return self._held[_whose(thing)]


def values_of(update: Element) -> list[Element]:
    """The properties in a SetItemField. AppendToItemField is ignored."""
    return children(update[-1]) if local(update) == "SetItemField" and len(update) else []


def _whose(thing: Message | Entry) -> tuple[str, str]:
    """The key under which an item's properties are stored. For a calendar item, it contains the meeting's uid, because
    the item's own key changes when the meeting is answered.
    """
    if isinstance(thing, Message):
        return thing.owner, thing.key
    return thing.event.owner, f"{thing.event.meeting.uid} {thing.day or ''}"


def read(element: Element | None) -> ExtendedUri:
    """Read an ExtendedFieldURI; raises `EwsError`."""
    given = {} if element is None else dict(element.attrib)
    property_set = given.get("DistinguishedPropertySetId", "")
    if guid := given.get("PropertySetId"):
        property_set = _SETS.get(guid.casefold(), guid.casefold())
    written = given.get("PropertyTag") or given.get("PropertyId")
    name = given.get("PropertyName", "")
    is_tag = "PropertyTag" in given
    if not given.get("PropertyType") or not (written or name) or is_tag == bool(property_set):
        raise EwsError("ErrorInvalidExtendedProperty", "The extended property attribute combination is invalid.")
    try:
        number = int(written, 0 if is_tag else 10) if written else None
    except ValueError as error:
        raise EwsError("ErrorSchemaValidation") from error
    called = name if number is None else number
    return ExtendedUri(tuple(given.items()), property_set, called, given["PropertyType"])


def of(held: ExtendedProperties, thing: Message | Entry, wanted: tuple[ExtendedUri, ...]) -> list[Element]:
    """The requested extended properties that an item has, including those set by clients."""
    meeting = thing.meeting if isinstance(thing, Entry) else thing.letter.part and thing.letter.part.meeting
    known: dict[tuple[str, int | str, str], tuple[str, ...]] = dict(held.of(thing))
    known["", _SEARCH_KEY, "Binary"] = (_binary(thing.event.key if isinstance(thing, Entry) else thing.key),)
    if isinstance(thing, Message):
        known["", _SENDER_SMTP, "String"] = (thing.letter.sender.address,)
        known["", _SENT_REPRESENTING_SMTP, "String"] = (thing.letter.from_.address,)
    if meeting:
        known |= _of_meeting(meeting)
    return [_shown(uri, known[uri.key]) for uri in wanted if uri.key in known]


def _of_meeting(meeting: Meeting) -> dict[tuple[str, int | str, str], tuple[str, ...]]:
    return {
        ("Meeting", _GLOBAL_OBJECT_ID, "Binary"): (_binary(of_occurrence(meeting.uid, day_of(meeting))),),
        ("Meeting", _CLEAN_GLOBAL_OBJECT_ID, "Binary"): (_binary(meeting.uid),),
        ("Appointment", _SEQUENCE, "Integer"): (str(meeting.sequence),),
    }


def _shown(uri: ExtendedUri, values: tuple[str, ...]) -> Element:
    path = t("ExtendedFieldURI", dict(uri.attributes))
    if uri.type.endswith("Array"):
        return t("ExtendedProperty", path, t("Values", *(t("Value", value) for value in values)))
    return t("ExtendedProperty", path, t("Value", values[0]))


def _binary(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
