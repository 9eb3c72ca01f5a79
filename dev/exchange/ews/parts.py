"""Elements shared by several kinds of items: people, bodies, time zones, recurrence patterns."""

from collections.abc import Callable, Iterable

from dev.exchange.ews.call import Thing, change_of, thing_id
from dev.exchange.ews.ids import FOLDER, ItemId, change_key
from dev.exchange.ews.time_zones import definition
from dev.exchange.ews.xml import Element, t
from dev.exchange.graph.shapes import body as graph_body
from dev.exchange.model import Address, Body, Meeting, Reply, Response
from dev.exchange.recurrence import Recurrence
from dev.exchange.zones import CUSTOM, windows_name

RESPONSE_TYPES = {
    Reply.NONE: "Unknown",
    Reply.ORGANIZER: "Organizer",
    Reply.TENTATIVE: "Tentative",
    Reply.ACCEPTED: "Accept",
    Reply.DECLINED: "Decline",
    Reply.NOT_RESPONDED: "NoResponseReceived",
}


def item_id(thing: Thing, tag: str = "ItemId") -> Element:
    """The id and change key of an item."""
    return t(tag, {"Id": thing_id(thing).text(), "ChangeKey": change_of(thing)})


def folder_id(owner: str, name: str, tag: str = "FolderId", change: int = 0) -> Element:
    """The id of a folder. It never changes, because folders do not move."""
    return t(tag, {"Id": ItemId(FOLDER, owner, name).text(), "ChangeKey": change_key(change)})


def mailbox(address: Address) -> Element:
    """A Mailbox element with a person's name and address."""
    return t(
        "Mailbox",
        t("Name", address.name),
        t("EmailAddress", address.address),
        t("RoutingType", "SMTP"),
        t("MailboxType", "Mailbox"),
    )


def one(tag: str, address: Address) -> Element:
    """A property that contains one mailbox."""
    return t(tag, mailbox(address))


def many(tag: str, addresses: Iterable[Address]) -> Element | None:
    """A property that contains mailboxes, omitted if there are none."""
    found = [mailbox(address) for address in addresses]
    return t(tag, *found) if found else None


#: The attendee properties, and how the people in each of them are invited.
ATTENDEES = {"RequiredAttendees": "required", "OptionalAttendees": "optional", "Resources": "resource"}


def attendees(tag: str, invited: Iterable[Address], response_of: Callable[[Address], Response]) -> Element | None:
    """One of the properties in `ATTENDEES`, omitted if it is empty."""
    shown = []
    for address in (address for address in invited if address.role == ATTENDEES[tag]):
        response = response_of(address)
        when = t("LastResponseTime", response.time) if response.time else None
        shown.append(t("Attendee", mailbox(address), t("ResponseType", RESPONSE_TYPES[response.reply]), when))
    return t(tag, *shown) if shown else None


def body(tag: str, content: Body, wanted: str) -> Element:
    """A body as HTML or text. "Best" means HTML, because every stored body can be converted to HTML."""
    shown = graph_body(content, "text" if wanted == "Text" else None)
    return t(tag, {"BodyType": "Text" if wanted == "Text" else "HTML"}, shown["content"])


def zone(tag: str, name: str, year: int) -> Element:
    """A time zone definition. Clients use the id or, for a custom zone without a meaningful id, the rules."""
    known = windows_name(name)
    if known != CUSTOM:
        return t(tag, {"Id": known, "Name": known})
    return definition(tag, {"Id": known, "Name": "Customized Time Zone"}, name, year)


def recurrence(meeting: Meeting) -> Element | None:
    """The pattern and range of a series."""
    rule = meeting.recurrence
    return t("Recurrence", _pattern(rule), _range(rule)) if rule else None


def _pattern(rule: Recurrence) -> Element:
    interval, month = t("Interval", rule.interval), t("Month", _MONTHS[rule.month - 1]) if rule.month else None
    days = t("DaysOfWeek", " ".join(day.capitalize() for day in rule.days))
    index, day_of_month = t("DayOfWeekIndex", rule.index.capitalize()), t("DayOfMonth", rule.day_of_month)
    content = {
        "daily": (interval,),
        "weekly": (interval, days, t("FirstDayOfWeek", rule.week_start.capitalize())),
        "absoluteMonthly": (interval, day_of_month),
        "relativeMonthly": (interval, days, index),
        "absoluteYearly": (day_of_month, month),
        "relativeYearly": (days, index, month),
    }
    tag = rule.pattern[0].upper() + rule.pattern[1:]
    return t(f"{tag}Recurrence", *content[rule.pattern])


def _range(rule: Recurrence) -> Element:
    # Dates without a time have an offset, as in the samples ("2030-03-04Z").
    start = t("StartDate", f"{rule.first.isoformat()}Z")
    if rule.until:
        return t("EndDateRecurrence", start, t("EndDate", f"{rule.until.isoformat()}Z"))
    if rule.count:
        return t("NumberedRecurrence", start, t("NumberOfOccurrences", rule.count))
    return t("NoEndRecurrence", start)


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
