"""Renders an item as the element for its class."""

from dev.exchange.calendar import Entry, whole
from dev.exchange.ews import calendar_xml, messages_xml, parts
from dev.exchange.ews.call import Call, Thing
from dev.exchange.ews.messages_xml import Shown
from dev.exchange.ews.shapes import Shape, read, render
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, t
from dev.exchange.model import Message


def item_shape(call: Call, *, in_list: bool = False) -> Shape:
    """The ItemShape in a request; raises `EwsError`."""
    default = messages_xml.DEFAULT | calendar_xml.DEFAULT
    return read(child(call.body, "ItemShape", M), call.version, default=default, in_list=in_list)


def element(call: Call, thing: Thing, shape: Shape) -> Element:
    """An item element with the requested properties."""
    if isinstance(thing, Entry):
        shown = calendar_xml.properties(thing, shape, call.exchange.ews.properties)
        return render("CalendarItem", parts.item_id(thing), shown, shape)
    tag, _ = messages_xml.item_class(thing)
    return render(tag, parts.item_id(thing), messages_xml.properties(_shown(call, thing), shape), shape)


def id_only(thing: Thing) -> Element:
    """An item with nothing but its id, as in responses to changes."""
    tag = "CalendarItem" if isinstance(thing, Entry) else messages_xml.item_class(thing)[0]
    return t(tag, parts.item_id(thing))


def value(call: Call, thing: Thing, uri: str) -> object:
    """The source of a property's value, for restrictions and sort orders. None if the item has no such property."""
    shape = Shape("AllProperties")
    if isinstance(thing, Entry):
        return calendar_xml.properties(thing, shape, call.exchange.ews.properties).get(uri)
    return messages_xml.properties(_shown(call, thing), shape).get(uri)


def _shown(call: Call, message: Message) -> Shown:
    """A message with its calendar item. The calendar item may lag behind."""
    exchange, part = call.exchange, message.letter.part
    owner = exchange.directory.find(message.owner)
    attended = owner is not None and exchange.attendant.processing(owner).automate_processing != "None"
    is_draft = message.is_draft and exchange.ews.marks_drafts
    if part is None:
        return Shown(message, attended=attended, is_draft=is_draft, properties=exchange.ews.properties)
    entry = exchange.entry_for(message.owner, part.meeting)
    associated = whole(entry.event) if entry and not exchange.ews.names_occurrences else entry
    return Shown(message, entry, associated, attended, is_draft, exchange.ews.properties)
