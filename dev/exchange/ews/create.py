"""The EWS operation CreateItem. How an item is handled depends on its type."""

from dev.exchange.ews.answers import REPLIES, answer_meeting
from dev.exchange.ews.appointments import cancel_appointment, create_appointment
from dev.exchange.ews.call import Call
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.mail import create_message
from dev.exchange.ews.replies import FOLLOWING, follow
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, local, m

_DISPOSITIONS = ("SaveOnly", "SendOnly", "SendAndSaveCopy")


def create_item(call: Call) -> list[Element]:
    """Handle a CreateItem request, with one response message for each item, in order."""
    given = children(child(call.body, "Items", M))
    disposition = call.body.get("MessageDisposition", "")
    if disposition not in _DISPOSITIONS and [local(item) for item in given] != ["CalendarItem"]:
        raise EwsError("ErrorMessageDispositionRequired", "Message disposition is required.")
    return [_answer(call, item, disposition) for item in given]


def _answer(call: Call, given: Element, disposition: str) -> Element:
    try:
        return response_message("CreateItem", m("Items", *_create(call, given, disposition)))
    except EwsError as error:
        return error_message("CreateItem", error)


def _create(call: Call, given: Element, disposition: str) -> list[Element]:
    kind = local(given)
    if kind in REPLIES:
        return answer_meeting(call, REPLIES[kind], given, disposition)
    if kind in FOLLOWING:
        return follow(call, kind, given, disposition)
    makers = {
        "Message": lambda: create_message(call, given, disposition),
        "CalendarItem": lambda: create_appointment(call, given),
        "CancelCalendarItem": lambda: cancel_appointment(call, given),
    }
    if kind not in makers:
        raise EwsError("ErrorInvalidOperation", f"{kind} can't be created here.")
    return makers[kind]()
