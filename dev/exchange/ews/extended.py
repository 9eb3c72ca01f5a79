"""Extended properties: MAPI properties that are asked for by tag, or by property set and id."""

import base64
from dataclasses import dataclass

from dev.exchange.calendar import Entry, day_of
from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.xml import Element, t
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
    """An ExtendedFieldURI: its attributes as they were written, to be echoed, and what they mean."""

    attributes: tuple[tuple[str, str], ...]
    property_set: str
    number: int
    type: str


def read(element: Element) -> ExtendedUri:
    """Read an ExtendedFieldURI; raises `EwsError`."""
    given = dict(element.attrib)
    property_set = given.get("DistinguishedPropertySetId", "")
    if guid := given.get("PropertySetId"):
        property_set = _SETS.get(guid.casefold(), guid)
    written = given.get("PropertyTag") or given.get("PropertyId")
    if not given.get("PropertyType") or not (written or given.get("PropertyName")):
        raise EwsError("ErrorInvalidExtendedProperty", "The extended property attribute combination is invalid.")
    try:
        number = int(written, 0) if written else -1
    except ValueError as error:
        raise EwsError("ErrorSchemaValidation") from error
    return ExtendedUri(tuple(given.items()), property_set, number, given["PropertyType"])


def of(thing: Message | Entry, wanted: tuple[ExtendedUri, ...]) -> list[Element]:
    """Those properties of an item that it has."""
    return of_entry(thing, wanted) if isinstance(thing, Entry) else of_message(thing, wanted)


def of_message(message: Message, wanted: tuple[ExtendedUri, ...]) -> list[Element]:
    """Those properties of a message that it has."""
    part = message.letter.part
    known = {
        ("", _SEARCH_KEY, "Binary"): _binary(message.key),
        ("", _SENDER_SMTP, "String"): message.letter.sender.address,
        ("", _SENT_REPRESENTING_SMTP, "String"): message.letter.from_.address,
    }
    if part:
        known |= _of_meeting(part.meeting)
    return _found(known, wanted)


def of_entry(entry: Entry, wanted: tuple[ExtendedUri, ...]) -> list[Element]:
    """Those properties of a calendar item, or of an occurrence, that it has."""
    return _found({("", _SEARCH_KEY, "Binary"): _binary(entry.event.key)} | _of_meeting(entry.meeting), wanted)


def _of_meeting(meeting: Meeting) -> dict[tuple[str, int, str], str]:
    return {
        ("Meeting", _GLOBAL_OBJECT_ID, "Binary"): _binary(of_occurrence(meeting.uid, day_of(meeting))),
        ("Meeting", _CLEAN_GLOBAL_OBJECT_ID, "Binary"): _binary(meeting.uid),
        ("Appointment", _SEQUENCE, "Integer"): str(meeting.sequence),
    }


def _found(known: dict[tuple[str, int, str], str], wanted: tuple[ExtendedUri, ...]) -> list[Element]:
    shown = []
    for uri in wanted:
        value = known.get((uri.property_set, uri.number, uri.type))
        if value is not None:
            shown.append(t("ExtendedProperty", t("ExtendedFieldURI", dict(uri.attributes)), t("Value", value)))
    return shown


def _binary(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
