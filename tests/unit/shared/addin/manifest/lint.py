"""Finds errors that the add-in-only manifest's schemas do not detect (docs/facts/outlook-addin.md)."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from lxml import etree  # type: ignore[import-untyped]

APP = "http://schemas.microsoft.com/office/appforoffice/1.1"
BASIC = "http://schemas.microsoft.com/office/officeappbasictypes/1.0"
OVERRIDES = "http://schemas.microsoft.com/office/mailappversionoverrides"
OVERRIDES_1_1 = OVERRIDES + "/1.1"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"

MAX_BYTES = 256 * 1024
MAX_RESID = 32
NEWEST_MAILBOX = 1.5  # supported by Exchange on-premises, which hides add-ins that require a higher version
RIBBON_ICONS = {"16", "32", "80"}
PHONE_ICONS = {(size, scale) for size in ("25", "32", "48") for scale in ("1", "2", "3")}
ONLY_IN_1_1 = {
    "SupportsSharedFolders", "Runtimes", "LaunchEvents", "MobileFormFactor", "WebApplicationInfo",
    "ExtendedPermissions",
}  # fmt: skip


def lint(manifest: bytes, sign_in_hosts: tuple[str, ...] = (), after: str = "") -> list[str]:
    """All errors in a manifest. `after` is the currently installed version."""
    root = etree.fromstring(manifest)
    return [
        *_size(manifest),
        *_urls(root),
        *_permissions(root),
        *_requirements(root),
        *_domains(root, sign_in_hosts),
        *_version(root, after),
        *(fault for overrides in _overrides(root) for fault in _commands(overrides)),
    ]


def _local(element: Any) -> str:
    return str(etree.QName(element).localname)


def _overrides(root: Any) -> list[Any]:
    return list(root.iter(f"{{{OVERRIDES}}}VersionOverrides", f"{{{OVERRIDES_1_1}}}VersionOverrides"))


def _own(overrides: Any) -> Iterator[Any]:
    """The elements of one version of the overrides, excluding those of the version nested inside it."""
    for child in overrides:
        if _local(child) != "VersionOverrides":
            yield from child.iter()


def _size(manifest: bytes) -> Iterator[str]:
    if len(manifest) > MAX_BYTES:
        yield f"{len(manifest)} bytes are more than Exchange accepts"


def _urls(root: Any) -> Iterator[str]:
    for element in root.iter():
        for text in (element.text or "", *element.attrib.values()):
            if text.strip().lower().startswith("http:"):
                yield f"{_local(element)}: {text} is not https"


def _permissions(root: Any) -> Iterator[str]:
    if root.find(f"{{{APP}}}Permissions") is None:
        yield "There are no Permissions, so the add-in would be restricted"


def _requirements(root: Any) -> Iterator[str]:
    for element in root.iter():
        for name in ("MinVersion", "DefaultMinVersion"):
            if float(element.get(name, "0")) > NEWEST_MAILBOX:
                yield f"{_local(element)} requires {element.get(name)}"


def _domains(root: Any, sign_in_hosts: tuple[str, ...]) -> Iterator[str]:
    listed = {urlsplit(element.text).hostname for element in root.iter(f"{{{APP}}}AppDomain")}
    for host in sign_in_hosts:
        if host.lower() not in listed:
            yield f"AppDomains lack {host}"


def _version(root: Any, after: str) -> Iterator[str]:
    version = root.findtext(f"{{{APP}}}Version")
    if after and [int(part) for part in version.split(".")] <= [int(part) for part in after.split(".")]:
        yield f"version {version} does not follow {after}"


def _commands(overrides: Any) -> Iterator[str]:
    elements = list(_own(overrides))
    yield from _references(elements)
    controls = Counter(element.get("id") for element in elements if _local(element) in ("Group", "Control"))
    yield from (f"control {id_} is there {count} times" for id_, count in controls.items() if count > 1)
    for icon in (element for element in elements if _local(element) == "Icon"):
        yield from _icon(icon)
    yield from _events(elements)
    if etree.QName(overrides).namespace == OVERRIDES:
        yield from (
            f"{_local(element)} is used in version 1.0 of the overrides"
            for element in elements
            if _local(element) in ONLY_IN_1_1
        )


def _icon(icon: Any) -> Iterator[str]:
    if icon.getparent().get(XSI) == "MobileButton":
        missing: set[Any] = PHONE_ICONS - {(image.get("size"), image.get("scale")) for image in icon}
    else:
        missing = RIBBON_ICONS - {image.get("size") for image in icon}
    if missing:
        yield f"an icon lacks the sizes {sorted(missing)}"


def _events(elements: list[Any]) -> Iterator[str]:
    runtimes = {element.get("resid") for element in elements if _local(element) == "Runtime"}
    for point in (element for element in elements if element.get(XSI) == "LaunchEvent"):
        if (source := point.find("{*}SourceLocation").get("resid")) not in runtimes:
            yield f"no runtime for events in {source}"
    for point in (element for element in elements if element.get(XSI) == "MobileOnlineMeetingCommandSurface"):
        if _local(point.getparent()) != "MobileFormFactor" or point.getparent().find("{*}FunctionFile") is None:
            yield "the phone command has no function file"


def _references(elements: list[Any]) -> Iterator[str]:
    resources = Counter(
        element.get("id") for element in elements if etree.QName(element).namespace == BASIC and element.get("id")
    )
    yield from (f"resource {id_} is there {count} times" for id_, count in resources.items() if count > 1)
    yield from (f"the name of resource {id_} is too long" for id_ in resources if len(id_) > MAX_RESID)
    referred = {element.get("resid") for element in elements if element.get("resid")}
    yield from (f"{resid} refers to a resource that does not exist" for resid in referred - set(resources))
    yield from (f"nothing refers to {resid}" for resid in set(resources) - referred)
