"""Item and folder shapes (the requested properties), and the elements that contain the properties."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dev.exchange.ews import extended, field_uris
from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.extended import ExtendedUri
from dev.exchange.ews.xml import Element, child, children, local, t, text

#: URI → value, element, or a function that returns one of these. None is omitted. The order follows the schema.
Properties = Mapping[str, object]
#: The position of extended properties among the other properties.
EXTENDED = "extended"

_BASES = ("IdOnly", "Default", "AllProperties")
#: Properties that FindItem and SyncFolderItems never return, because they are not columns in the folder's table. Here
#: they are omitted even if requested. This has not been confirmed against a live server for every property.
_NOT_IN_LISTS = frozenset(
    {
        *(f"item:{name}" for name in ("Body", "TextBody", "UniqueBody", "MimeContent", "Attachments",
                                      "InternetMessageHeaders", "ResponseObjects")),
        *(f"message:{name}" for name in ("ToRecipients", "CcRecipients", "BccRecipients", "ReplyTo")),
        *(f"calendar:{name}" for name in ("RequiredAttendees", "OptionalAttendees", "Resources", "Recurrence",
                                          "FirstOccurrence", "LastOccurrence", "ModifiedOccurrences",
                                          "DeletedOccurrences")),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """The properties that a client requested. ``in_list`` limits them to those in a folder's table."""

    base: str = "IdOnly"
    body_type: str = "Best"
    uris: frozenset[str] = frozenset()
    extended: tuple[ExtendedUri, ...] = ()
    in_list: bool = False
    default: frozenset[str] = field(default_factory=frozenset)

    def wants(self, uri: str) -> bool:
        """Whether a property must be in the response."""
        if self.in_list and uri in _NOT_IN_LISTS:
            return False
        if uri in self.uris or self.base == "AllProperties":
            return True
        return self.base == "Default" and uri in self.default


def read(element: Element | None, version: str, *, default: Iterable[str] = (), in_list: bool = False) -> Shape:
    """Read an ItemShape or FolderShape; raises `EwsError` if this version does not support one of its properties."""
    base = text(element, "BaseShape")
    if base not in _BASES:
        raise EwsError("ErrorSchemaValidation")
    wanted = children(child(element, "AdditionalProperties"))
    uris = [item.get("FieldURI", "") for item in wanted if local(item) == "FieldURI"]
    for uri in uris:
        field_uris.check(uri, version)
    return Shape(
        base=base,
        body_type=text(element, "BodyType", "Best"),
        uris=frozenset(uris),
        extended=tuple(extended.read(item) for item in wanted if local(item) == "ExtendedFieldURI"),
        in_list=in_list,
        default=frozenset(default),
    )


def render(tag: str, identity: Element, properties: Properties, shape: Shape) -> Element:
    """An item or folder element with the requested properties. Its id is always included."""
    shown = t(tag, identity)
    for uri, value in properties.items():
        if uri == EXTENDED:
            shown.extend(_called(value))
        elif shape.wants(uri):
            _add(shown, uri.rpartition(":")[2], value)
    return shown


def _called(value: object) -> list[Element]:
    found = value() if callable(value) else value
    return list(found) if isinstance(found, Iterable) else []


def _add(shown: Element, tag: str, value: object) -> None:
    found = value() if callable(value) else value
    if found is not None:
        shown.append(found if hasattr(found, "tag") else t(tag, found))
