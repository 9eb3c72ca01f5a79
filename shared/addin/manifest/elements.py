"""Writes elements of the add-in-only manifest, in its namespaces."""

from __future__ import annotations

from typing import Any, TypeAlias

BASIC = "http://schemas.microsoft.com/office/officeappbasictypes/1.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

Element: TypeAlias = Any  # lxml is untyped


def add(
    parent: Element, tag: str, text: str | None = None, nsmap: dict[None, str] | None = None, **attributes: str
) -> Element:
    """Append a new child element. Its namespace is the default one of its parent, unless `tag` starts with `bt:` or
    `{namespace}`.
    """
    from lxml import etree  # type: ignore[import-untyped]  # imported here: only admins request manifests

    if tag.startswith("bt:"):
        tag = f"{{{BASIC}}}{tag.removeprefix('bt:')}"
    elif not tag.startswith("{"):
        tag = f"{{{parent.nsmap[None]}}}{tag}"
    child = etree.SubElement(parent, tag, attrib=attributes, nsmap=nsmap)
    child.text = text
    return child


def typed(element: Element, type_: str) -> Element:
    """Set the element's `xsi:type`. Returns the element."""
    element.set(f"{{{XSI}}}type", type_)
    return element
