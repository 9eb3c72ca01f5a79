"""ResolveNames and ConvertId."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from urllib.parse import quote, unquote

from dev.exchange.directory import User
from dev.exchange.ews import ids, parts
from dev.exchange.ews.call import Call
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m, t, text

#: The most candidates that are answered (reference of ResolveNames).
_MAX_NAMES = 100
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def resolve_names(call: Call) -> list[Element]:
    """ResolveNames: whose name or address begins so; one answer, a warning when there are several."""
    wanted = text(call.body, "UnresolvedEntry", namespace=M).casefold().removeprefix("smtp:")
    if not wanted:
        raise EwsError("ErrorInvalidArgument", "The entry to resolve is empty.")
    found = [user for user in call.exchange.directory if _is_meant(user, wanted)]
    if not found:
        return [error_message("ResolveNames", EwsError("ErrorNameResolutionNoResults", "No results were found."))]
    shown = [t("Resolution", parts.mailbox(user.contact)) for user in found[:_MAX_NAMES]]
    if len(found) > 1:
        several = EwsError("ErrorNameResolutionMultipleResults", "Multiple results were found.")
        answer = error_message("ResolveNames", several, m("ResolutionSet", _paging(found), *shown))
        answer.set("ResponseClass", "Warning")
        return [answer]
    return [response_message("ResolveNames", m("ResolutionSet", _paging(found), *shown))]


def _paging(found: list[User]) -> dict[str, object]:
    return {"TotalItemsInView": len(found), "IncludesLastItemInRange": len(found) <= _MAX_NAMES}


def _is_meant(user: User, wanted: str) -> bool:
    return user.address.casefold().startswith(wanted) or user.name.casefold().startswith(wanted)


#: How the bytes of an id are written in each format: written, and read back.
_FORMATS: dict[str, tuple[Callable[[bytes], str], Callable[[str], bytes]]] = {
    "EwsId": (lambda data: b64encode(data).decode(), lambda written: b64decode(written, validate=True)),
    "EntryId": (lambda data: b64encode(data).decode(), lambda written: b64decode(written, validate=True)),
    "HexEntryId": (lambda data: data.hex().upper(), bytes.fromhex),
    "StoreId": (lambda data: b64encode(data).decode(), lambda written: b64decode(written, validate=True)),
    "OwaId": (lambda data: quote(b64encode(data), safe=""), lambda written: b64decode(unquote(written), validate=True)),
}


def convert_id(call: Call) -> list[Element]:
    """ConvertId: the ids of this service in other formats. Real ones hold other bytes in each; here all are one's."""
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
