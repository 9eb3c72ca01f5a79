"""Commands without a task pane, if an integration enables them: the switch on phones, and the offer in new meetings to
add a VMR.

Only version 1.1 of the overrides supports these commands. Outlook versions without that support ignore them. Both
commands work only in Exchange Online and only for add-ins that an admin has installed (docs/facts/outlook-addin.md).
This has not been confirmed against a live tenant. Function names and ids have to match addin/commands/command.js and
addin/launch.js.
"""

from __future__ import annotations

from shared.addin.manifest.contents import Contents, phone_icons
from shared.addin.manifest.elements import Element, add, typed

PAGE, SCRIPT = "commands", "launch"
"""Resources: the page for commands and the event script."""
ADD_VMR, ON_NEW_MEETING = "addVmr", "onNewMeeting"
PHONE_BUTTON = "vmrPhoneButton"


def runtimes(host: Element, contents: Contents) -> None:
    """The runtime for events; the first element in the host. Classic Outlook for Windows loads only the script."""
    if contents.auto_open:
        runtime = add(add(host, "Runtimes"), "Runtime", resid=PAGE)
        add(runtime, "Override", type="javascript", resid=SCRIPT)


def new_meetings(desktop: Element, contents: Contents) -> None:
    """The event for a new meeting; the last element in the desktop form factor."""
    if contents.auto_open:
        point = typed(add(desktop, "ExtensionPoint"), "LaunchEvent")
        add(add(point, "LaunchEvents"), "LaunchEvent", Type="OnNewAppointmentOrganizer", FunctionName=ON_NEW_MEETING)
        add(point, "SourceLocation", resid=PAGE)


def phones(host: Element, contents: Contents) -> None:
    """The switch on phones; the last element in the host."""
    if not contents.mobile:
        return
    mobile = add(host, "MobileFormFactor")
    add(mobile, "FunctionFile", resid=PAGE)
    point = typed(add(mobile, "ExtensionPoint"), "MobileOnlineMeetingCommandSurface")
    control = typed(add(point, "Control", id=PHONE_BUTTON), "MobileButton")
    add(control, "Label", resid="buttonLabel")
    icon = add(control, "Icon")
    for size, scale, pixels in phone_icons():
        add(icon, "bt:Image", size=str(size), scale=str(scale), resid=_grey(pixels))
    add(typed(add(control, "Action"), "ExecuteFunction"), "FunctionName", ADD_VMR)


def images(parent: Element, contents: Contents) -> None:
    """The icon resources for phones."""
    if contents.mobile:
        for pixels in sorted({pixels for _, _, pixels in phone_icons()}):
            add(parent, "bt:Image", id=_grey(pixels), DefaultValue=contents.grey_icons[pixels])


def urls(parent: Element, contents: Contents) -> None:
    """The URL resources."""
    if contents.mobile or contents.auto_open:
        add(parent, "bt:Url", id=PAGE, DefaultValue=contents.commands)
    if contents.auto_open:
        add(parent, "bt:Url", id=SCRIPT, DefaultValue=contents.launch)


def _grey(pixels: int) -> str:
    return f"grey{pixels}"
