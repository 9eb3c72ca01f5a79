"""The add-in-only manifest. Its elements are in the order that the schema requires.

There are two version overrides: 1.0 for Outlook clients that support no other, and inside it 1.1, which adds delegates
(`SupportsSharedFolders`), single sign-on, and the commands that an integration enables without a task pane. Requirement
sets stay at 1.5 or below: Exchange on-premises supports no later ones and does not show an add-in that requires them.
"""

from __future__ import annotations

from shared.addin.manifest import commands
from shared.addin.manifest.contents import Contents, SingleSignOn, fitted
from shared.addin.manifest.elements import BASIC, XSI, Element, add, typed

_APP = "http://schemas.microsoft.com/office/appforoffice/1.1"
_OVERRIDES = "http://schemas.microsoft.com/office/mailappversionoverrides"
_OVERRIDES_1_1 = _OVERRIDES + "/1.1"

_SHORT, _LONG = 125, 250
_RIBBON_ICONS = (16, 32, 64, 80)


def xml_manifest(contents: Contents) -> bytes:
    """The manifest as a UTF-8 file."""
    from lxml import etree  # type: ignore[import-untyped]  # imported here: only admins request manifests

    root = etree.Element(f"{{{_APP}}}OfficeApp", nsmap={None: _APP, "xsi": XSI, "bt": BASIC})
    typed(root, "MailApp")
    _identity(root, contents)
    _fallback(root, contents)
    overrides = _overrides(root, contents, _OVERRIDES, "VersionOverridesV1_0", "1.3")
    newest = _overrides(overrides, contents, _OVERRIDES_1_1, "VersionOverridesV1_1", "1.5")
    if contents.single_sign_on:
        _single_sign_on(newest, contents.single_sign_on)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _identity(root: Element, contents: Contents) -> None:
    add(root, "Id", str(contents.id))
    add(root, "Version", f"{contents.version}.0")
    add(root, "ProviderName", fitted(contents.provider, _SHORT))
    add(root, "DefaultLocale", "en-US")
    add(root, "DisplayName", DefaultValue=fitted(contents.name, _SHORT))
    add(root, "Description", DefaultValue=fitted(contents.description, _LONG))
    add(root, "IconUrl", DefaultValue=contents.icons[64])
    add(root, "HighResolutionIconUrl", DefaultValue=contents.icons[128])
    domains = add(root, "AppDomains")
    for domain in contents.app_domains:
        add(domains, "AppDomain", domain)
    add(add(root, "Hosts"), "Host", Name="Mailbox")


def _fallback(root: Element, contents: Contents) -> None:
    """The form that Outlook shows if it does not support add-in commands.

    Its URL is the audience of identity tokens.
    """
    sets = add(add(root, "Requirements"), "Sets")
    add(sets, "Set", Name="Mailbox", MinVersion="1.3")
    form = typed(add(add(root, "FormSettings"), "Form"), "ItemEdit")
    add(add(form, "DesktopSettings"), "SourceLocation", DefaultValue=contents.pane)
    add(root, "Permissions", contents.permission.value)
    typed(add(root, "Rule", ItemType="Appointment", FormType="Edit"), "ItemIs")
    add(root, "DisableEntityHighlighting", "true")


def _overrides(parent: Element, contents: Contents, namespace: str, version: str, mailbox: str) -> Element:
    """The add-in commands for one version of the overrides: the button for organizers, and its resources."""
    overrides = typed(add(parent, f"{{{namespace}}}VersionOverrides", nsmap={None: namespace}), version)
    add(overrides, "Description", resid="description")
    sets = add(add(overrides, "Requirements"), "bt:Sets", DefaultMinVersion=mailbox)
    add(sets, "bt:Set", Name="Mailbox")
    host = typed(add(add(overrides, "Hosts"), "Host"), "MailHost")
    is_newest = namespace == _OVERRIDES_1_1
    if is_newest:
        commands.runtimes(host, contents)
    desktop = add(host, "DesktopFormFactor")
    if is_newest:
        add(desktop, "SupportsSharedFolders", "true")
    _ribbon(desktop)
    if is_newest:
        commands.new_meetings(desktop, contents)
        commands.phones(host, contents)
    _resources(overrides, contents, is_newest=is_newest)
    return overrides


def _ribbon(desktop: Element) -> None:
    point = typed(add(desktop, "ExtensionPoint"), "AppointmentOrganizerCommandSurface")
    group = add(add(point, "OfficeTab", id="TabDefault"), "Group", id="vmrGroup")
    add(group, "Label", resid="groupLabel")
    _button(group)


def _button(group: Element) -> None:
    control = typed(add(group, "Control", id="vmrButton"), "Button")
    add(control, "Label", resid="buttonLabel")
    supertip = add(control, "Supertip")
    add(supertip, "Title", resid="supertipTitle")
    add(supertip, "Description", resid="supertipText")
    icon = add(control, "Icon")
    for size in _RIBBON_ICONS:
        add(icon, "bt:Image", size=str(size), resid=f"icon{size}")
    action = typed(add(control, "Action"), "ShowTaskpane")
    add(action, "SourceLocation", resid="pane")


def _resources(overrides: Element, contents: Contents, *, is_newest: bool) -> None:
    resources = add(overrides, "Resources")
    images = add(resources, "bt:Images")
    for size in _RIBBON_ICONS:
        add(images, "bt:Image", id=f"icon{size}", DefaultValue=contents.icons[size])
    urls = add(resources, "bt:Urls")
    add(urls, "bt:Url", id="pane", DefaultValue=contents.pane)
    if is_newest:
        commands.images(images, contents)
        commands.urls(urls, contents)
    short = add(resources, "bt:ShortStrings")
    add(short, "bt:String", id="groupLabel", DefaultValue=fitted(contents.group, _SHORT))
    add(short, "bt:String", id="buttonLabel", DefaultValue=fitted(contents.button, _SHORT))
    add(short, "bt:String", id="supertipTitle", DefaultValue=fitted(contents.supertip_title, _SHORT))
    long = add(resources, "bt:LongStrings")
    add(long, "bt:String", id="description", DefaultValue=fitted(contents.description, _LONG))
    add(long, "bt:String", id="supertipText", DefaultValue=fitted(contents.supertip_text, _LONG))


def _single_sign_on(overrides: Element, registration: SingleSignOn) -> None:
    info = add(overrides, "WebApplicationInfo")
    add(info, "Id", registration.client_id)
    add(info, "Resource", registration.resource)
    scopes = add(info, "Scopes")
    for scope in registration.scopes:
        add(scopes, "Scope", scope)
