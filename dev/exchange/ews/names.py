"""The EWS operations ResolveNames and ConvertId."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from urllib.parse import quote, unquote

from dev.exchange.directory import Directory, User
from dev.exchange.ews import ids
from dev.exchange.ews.call import Call
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m, t, text

#: The maximum number of candidates in a response (reference for ResolveNames).
_MAX_NAMES = 100
#: The maximum number of addresses in a contact. The schema has keys for only three.
_MAX_ENTRIES = 3
_ROUTING_TYPES = ("smtp", "sip", "x500")
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def resolve_names(call: Call) -> list[Element]:
    """Handle a ResolveNames request. It finds the mailboxes whose name or address begins with the entry. If there are
    several, the only response message is a warning. With a routing type prefix, all proxy addresses are searched
    instead (reference for UnresolvedEntry).
    """
    directory = call.exchange.directory
    wanted = text(call.body, "UnresolvedEntry", namespace=M).casefold()
    if not wanted:
        raise EwsError("ErrorInvalidArgument", "The entry to resolve is empty.")
    found = [user for user in directory if _is_meant(directory, user, wanted)]
    if not found:
        return [error_message("ResolveNames", EwsError("ErrorNameResolutionNoResults", "No results were found."))]
    full = call.body.get("ReturnFullContactData", "").casefold() in ("true", "1")
    shown = [_resolution(directory, user, full=full) for user in found[:_MAX_NAMES]]
    if len(found) > 1:
        several = EwsError("ErrorNameResolutionMultipleResults", "Multiple results were found.")
        answer = error_message("ResolveNames", several, m("ResolutionSet", _paging(found), *shown))
        answer.set("ResponseClass", "Warning")
        return [answer]
    return [response_message("ResolveNames", m("ResolutionSet", _paging(found), *shown))]


def _paging(found: list[User]) -> dict[str, object]:
    return {"TotalItemsInView": len(found), "IncludesLastItemInRange": len(found) <= _MAX_NAMES}


def _is_meant(directory: Directory, user: User, wanted: str) -> bool:
    if wanted.partition(":")[0] in _ROUTING_TYPES:
        return any(proxy.casefold().startswith(wanted) for proxy in directory.proxies(user))
    return directory.primary(user).casefold().startswith(wanted) or user.name.casefold().startswith(wanted)


def _resolution(directory: Directory, user: User, *, full: bool) -> Element:
    """A single candidate. Its routing type shows whether the mailbox was found by its distinguished name."""
    entries = directory.proxies(user)
    legacy = next((each.partition(":")[2] for each in entries if each.startswith("EX:")), "")
    known = t("EmailAddress", legacy or directory.primary(user)), t("RoutingType", "EX" if legacy else "SMTP")
    shown = t("Mailbox", t("Name", user.name), *known, t("MailboxType", "Mailbox"))
    if not full:
        return t("Resolution", shown)
    smtp = [each for each in entries if not each.startswith("EX:")][:_MAX_ENTRIES]
    dictionary = [t("Entry", {"Key": f"EmailAddress{at}"}, each) for at, each in enumerate(smtp, 1)]
    return t("Resolution", shown, t("Contact", t("DisplayName", user.name), t("EmailAddresses", *dictionary)))


#: How an id's bytes are written and read in each format.
_FORMATS: dict[str, tuple[Callable[[bytes], str], Callable[[str], bytes]]] = {
    "EwsId": (lambda data: b64encode(data).decode(), lambda written: b64decode(written, validate=True)),
    "EntryId": (lambda data: b64encode(data).decode(), lambda written: b64decode(written, validate=True)),
    "HexEntryId": (lambda data: data.hex().upper(), bytes.fromhex),
    "StoreId": (lambda data: b64encode(data).decode(), lambda written: b64decode(written, validate=True)),
    "OwaId": (lambda data: quote(b64encode(data), safe=""), lambda written: b64decode(unquote(written), validate=True)),
}


def convert_id(call: Call) -> list[Element]:
    """Handle a ConvertId request, which returns ids in other formats. On real servers, an id's bytes depend on the
    format. In this simulation, they do not.
    """
    wanted = call.body.get("DestinationFormat", "")
    return [_converted(given, wanted) for given in children(child(call.body, "SourceIds", M))]


def _converted(given: Element, wanted: str) -> Element:
    try:
        written = _FORMATS[given.get("Format", "")][1](given.get("Id", ""))
        ids.parse(b64encode(written).decode())
        fresh = {"Format": wanted, "Id": _FORMATS[wanted][0](written), "Mailbox": given.get("Mailbox")}
    except (KeyError, ValueError):
        return error_message("ConvertId", EwsError("ErrorInvalidIdMalformed"))
    except EwsError as error:
        return error_message("ConvertId", error)
    return response_message("ConvertId", m("AlternateId", {_TYPE: "t:AlternateIdType", **fresh}))
