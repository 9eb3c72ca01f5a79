"""The add-in-only manifest. The order of elements is the schema's.

Two version overrides: 1.0 for Outlooks that know no other, and inside it 1.1, which adds delegates
(`SupportsSharedFolders`) and single sign-on. Requirement sets stay at 1.5 and below, because Exchange on-premises
offers no more, and an add-in that asks for more does not appear there.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from shared.addin.manifest.contents import Contents, SingleSignOn, fitted

_APP = "http://schemas.microsoft.com/office/appforoffice/1.1"
_BASIC = "http://schemas.microsoft.com/office/officeappbasictypes/1.0"
_OVERRIDES = "http://schemas.microsoft.com/office/mailappversionoverrides"
_OVERRIDES_1_1 = _OVERRIDES + "/1.1"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"

_SHORT, _LONG = 125, 250
_RIBBON_ICONS = (16, 32, 64, 80)

_Element: TypeAlias = Any  # lxml is published without types


def xml_manifest(contents: Contents) -> bytes:
    """The manifest as a UTF-8 file."""
    from lxml import etree  # type: ignore[import-untyped]  # here: only admins ask for manifests

    root = etree.Element(f"{{{_APP}}}OfficeApp", nsmap={None: _APP, "xsi": _XSI, "bt": _BASIC})
    _typed(root, "MailApp")
    _identity(root, contents)
    _fallback(root, contents)
    overrides = _overrides(root, contents, _OVERRIDES, "VersionOverridesV1_0", "1.3")
    newest = _overrides(overrides, contents, _OVERRIDES_1_1, "VersionOverridesV1_1", "1.5")
    if contents.single_sign_on:
        _single_sign_on(newest, contents.single_sign_on)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _identity(root: _Element, contents: Contents) -> None:
    _add(root, "Id", str(contents.id))
    _add(root, "Version", f"{contents.version}.0")
    _add(root, "ProviderName", fitted(contents.provider, _SHORT))
    _add(root, "DefaultLocale", "en-US")
    _add(root, "DisplayName", DefaultValue=fitted(contents.name, _SHORT))
    _add(root, "Description", DefaultValue=fitted(contents.description, _LONG))
    _add(root, "IconUrl", DefaultValue=contents.icons[64])
    _add(root, "HighResolutionIconUrl", DefaultValue=contents.icons[128])
    domains = _add(root, "AppDomains")
    for domain in contents.app_domains:
        _add(domains, "AppDomain", domain)
    _add(_add(root, "Hosts"), "Host", Name="Mailbox")


def _fallback(root: _Element, contents: Contents) -> None:
    """What an Outlook without add-in commands shows; its pane's address is the audience of identity tokens."""
    sets = _add(_add(root, "Requirements"), "Sets")
    _add(sets, "Set", Name="Mailbox", MinVersion="1.3")
    form = _typed(_add(_add(root, "FormSettings"), "Form"), "ItemEdit")
    _add(_add(form, "DesktopSettings"), "SourceLocation", DefaultValue=contents.pane)
    _add(root, "Permissions", contents.permission.value)
    _typed(_add(root, "Rule", ItemType="Appointment", FormType="Edit"), "ItemIs")
    _add(root, "DisableEntityHighlighting", "true")


def _overrides(parent: _Element, contents: Contents, namespace: str, version: str, mailbox: str) -> _Element:
    """A version of the add-in commands: the button among an organizer's commands, and what it refers to."""
    overrides = _typed(_add(parent, f"{{{namespace}}}VersionOverrides", nsmap={None: namespace}), version)
    _add(overrides, "Description", resid="description")
    sets = _add(_add(overrides, "Requirements"), "bt:Sets", DefaultMinVersion=mailbox)
    _add(sets, "bt:Set", Name="Mailbox")
    host = _typed(_add(_add(overrides, "Hosts"), "Host"), "MailHost")
    desktop = _add(host, "DesktopFormFactor")
    if namespace == _OVERRIDES_1_1:
        _add(desktop, "SupportsSharedFolders", "true")
    point = _typed(_add(desktop, "ExtensionPoint"), "AppointmentOrganizerCommandSurface")
    group = _add(_add(point, "OfficeTab", id="TabDefault"), "Group", id="vmrGroup")
    _add(group, "Label", resid="groupLabel")
    _button(group)
    _resources(overrides, contents)
    return overrides


def _button(group: _Element) -> None:
    control = _typed(_add(group, "Control", id="vmrButton"), "Button")
    _add(control, "Label", resid="buttonLabel")
    supertip = _add(control, "Supertip")
    _add(supertip, "Title", resid="supertipTitle")
    _add(supertip, "Description", resid="supertipText")
    icon = _add(control, "Icon")
    for size in _RIBBON_ICONS:
        _add(icon, "bt:Image", size=str(size), resid=f"icon{size}")
    action = _typed(_add(control, "Action"), "ShowTaskpane")
    _add(action, "SourceLocation", resid="pane")


def _resources(overrides: _Element, contents: Contents) -> None:
    resources = _add(overrides, "Resources")
    images = _add(resources, "bt:Images")
    for size in _RIBBON_ICONS:
        _add(images, "bt:Image", id=f"icon{size}", DefaultValue=contents.icons[size])
    _add(_add(resources, "bt:Urls"), "bt:Url", id="pane", DefaultValue=contents.pane)
    short = _add(resources, "bt:ShortStrings")
    _add(short, "bt:String", id="groupLabel", DefaultValue=fitted(contents.group, _SHORT))
    _add(short, "bt:String", id="buttonLabel", DefaultValue=fitted(contents.button, _SHORT))
    _add(short, "bt:String", id="supertipTitle", DefaultValue=fitted(contents.supertip_title, _SHORT))
    long = _add(resources, "bt:LongStrings")
    _add(long, "bt:String", id="description", DefaultValue=fitted(contents.description, _LONG))
    _add(long, "bt:String", id="supertipText", DefaultValue=fitted(contents.supertip_text, _LONG))


def _single_sign_on(overrides: _Element, registration: SingleSignOn) -> None:
    info = _add(overrides, "WebApplicationInfo")
    _add(info, "Id", registration.client_id)
    _add(info, "Resource", registration.resource)
    scopes = _add(info, "Scopes")
    for scope in registration.scopes:
        _add(scopes, "Scope", scope)


def _add(
    parent: _Element, tag: str, text: str | None = None, nsmap: dict[None, str] | None = None, **attributes: str
) -> _Element:
    """A new last child: in its parent's default namespace, in that of a `bt:` prefix, or in a given `{namespace}`."""
    from lxml import etree

    if tag.startswith("bt:"):
        tag = f"{{{_BASIC}}}{tag.removeprefix('bt:')}"
    elif not tag.startswith("{"):
        tag = f"{{{parent.nsmap[None]}}}{tag}"
    child = etree.SubElement(parent, tag, attrib=attributes, nsmap=nsmap)
    child.text = text
    return child


def _typed(element: _Element, type_: str) -> _Element:
    element.set(f"{{{_XSI}}}type", type_)
    return element
