"""ResolveNames, and ConvertId as far as clients use it to find out the server's version."""

from dev.exchange.directory import User
from dev.exchange.ews import parts
from dev.exchange.ews.call import Call
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m, t, text

#: The most candidates that are answered (reference of ResolveNames).
_MOST = 100


def resolve_names(call: Call) -> list[Element]:
    """ResolveNames: whose name or address begins so; one answer, a warning when there are several."""
    wanted = text(call.body, "UnresolvedEntry", namespace=M).casefold().removeprefix("smtp:")
    if not wanted:
        raise EwsError("ErrorInvalidArgument", "The entry to resolve is empty.")
    found = [user for user in call.exchange.directory if _is_meant(user, wanted)]
    if not found:
        return [error_message("ResolveNames", EwsError("ErrorNameResolutionNoResults", "No results were found."))]
    shown = [t("Resolution", parts.mailbox(user.contact)) for user in found[:_MOST]]
    if len(found) > 1:
        several = EwsError("ErrorNameResolutionMultipleResults", "Multiple results were found.")
        answer = error_message("ResolveNames", several, m("ResolutionSet", _paging(found), *shown))
        answer.set("ResponseClass", "Warning")
        return [answer]
    return [response_message("ResolveNames", m("ResolutionSet", _paging(found), *shown))]


def _paging(found: list[User]) -> dict[str, object]:
    return {"TotalItemsInView": len(found), "IncludesLastItemInRange": len(found) <= _MOST}


def _is_meant(user: User, wanted: str) -> bool:
    return user.address.casefold().startswith(wanted) or user.name.casefold().startswith(wanted)


def convert_id(call: Call) -> list[Element]:
    """ConvertId: no id is converted here; clients ask with a made-up one and look at the header of the answer."""
    refused = EwsError("ErrorInvalidIdMalformed")
    return [error_message("ConvertId", refused) for _ in children(child(call.body, "SourceIds", M))]
