"""The EWS operation GetItem."""

from dev.exchange.ews import render
from dev.exchange.ews.call import Call
from dev.exchange.ews.errors import EwsError, error_message, response_message
from dev.exchange.ews.shapes import Shape
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m


def get_item(call: Call) -> list[Element]:
    """Handle a GetItem request, with one response message for each id, in order."""
    shape = render.item_shape(call)
    return [_answer(call, wanted, shape) for wanted in children(child(call.body, "ItemIds", M))]


def _answer(call: Call, wanted: Element, shape: Shape) -> Element:
    try:
        return response_message("GetItem", m("Items", render.element(call, call.item(wanted), shape)))
    except EwsError as error:
        return error_message("GetItem", error)
