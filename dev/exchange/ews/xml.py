"""SOAP and EWS elements. They are parsed safely, and built with lxml's element maker instead of by concatenating
strings.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lxml import etree  # type: ignore[import-untyped]
from lxml.builder import ElementMaker  # type: ignore[import-untyped]

Element = Any

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"

_PREFIXES = {"s": SOAP, "m": MESSAGES, "t": TYPES}
#: Characters not allowed in XML 1.0.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotXmlError(ValueError):
    """The bytes are not well-formed XML or contain a document type."""


def parse(content: bytes) -> Element:
    """Parse a document and return its root element. Raises `NotXmlError`. Entities are not resolved, nothing is
    fetched, and lxml limits the size.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotXmlError(str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise NotXmlError("For security reasons DTD is prohibited in this XML document.")
    return root


def serialize(root: Element) -> bytes:
    """Serialize a document as UTF-8 with an XML declaration."""
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return content


class _Maker:
    """Builds elements in one namespace: ``t("Subject", "Hello")``, ``m("Items", *children)``, ``t("ItemId", {"Id":
    …})``.
    """

    def __init__(self, namespace: str, prefixes: Mapping[str, str] = _PREFIXES) -> None:
        self._maker = ElementMaker(namespace=namespace, nsmap=prefixes)

    def __call__(self, tag: str, *content: Any) -> Element:
        """An element with text, attributes (a mapping) and children. Arguments that are None are omitted."""
        return self._maker(tag, *(_content(item) for item in content if item is not None))


def _content(item: Any) -> Any:
    if isinstance(item, Mapping):
        return {name: written(value) for name, value in item.items() if value is not None}
    return item if etree.iselement(item) else written(item)


def written(value: Any) -> str:
    """A value as written by EWS: booleans as true and false, and times in UTC, to the second."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return _IMPOSSIBLE.sub("", str(value))


s = _Maker(SOAP)
m = _Maker(MESSAGES)
t = _Maker(TYPES)
e = _Maker(ERRORS, {"e": ERRORS})
#: Builds elements without a namespace, as in a SOAP fault.
plain = ElementMaker()


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    name: str = etree.QName(element).localname
    return name


def child(parent: Element | None, name: str, namespace: str = TYPES) -> Element | None:
    """The first child with the given name."""
    return None if parent is None else parent.find(f"{{{namespace}}}{name}")


def children(parent: Element | None) -> list[Element]:
    """The child elements, without comments and processing instructions."""
    return [] if parent is None else [item for item in parent if isinstance(item.tag, str)]


def text(parent: Element | None, name: str, default: str = "", namespace: str = TYPES) -> str:
    """The text of the first child with the given name."""
    found = child(parent, name, namespace)
    return default if found is None else (found.text or "")


def is_true(value: str | None) -> bool:
    """Whether an xs:boolean is true."""
    return value is not None and value.strip().casefold() in ("true", "1")


def moment(value: str | None) -> datetime | None:
    """Parse an xs:dateTime. A time without an offset is in UTC. Returns None if the text is not a time."""
    try:
        when = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
