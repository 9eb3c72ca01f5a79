"""Checks that change nothing: the grant, refusals, delta queries, and the properties of messages and events."""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from infra.live_check.facts import (
    CLEAN_GLOBAL_OBJECT_ID,
    ENTRY_FIELDS,
    EVENT,
    GLOBAL_OBJECT_ID,
    KIND,
    NO_MAILBOX_CODES,
    SEQUENCE,
    expanding,
    extended,
    hexadecimal,
    without_day,
)
from infra.live_check.graph import Graph, Json, Refused, item, user
from infra.live_check.table import NotTried, Table, expect
from infra.live_check.token import claims_of

_ROLES = re.compile(r"^(Mail|Calendars)\b")
_GRAPH_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}")
_MOST_PAGES = 50
_NO_MESSAGE = "there is no meeting request in this mailbox; --write creates one"
UID = "the event has its uid (undeclared in v1.0)"
ORIGINAL_START = "$select=originalStart shows where an occurrence was in the pattern"


@dataclass(frozen=True)
class Reading:
    """Reads one mailbox. `other` is a mailbox that the app must not have access to; "" if none was given."""

    graph: Graph
    table: Table
    mailbox: str
    other: str

    def run(self, token: str) -> None:
        """Run all checks."""
        check = self.table.check
        check("the token has no role for mail or calendars: only Exchange grants", lambda: roles_of(token))
        check("the equipment mailbox can be opened", self._opens)
        check("another mailbox is refused with 403", self._other)
        check("an address without a mailbox has its own error code", self._nobody)
        check("a malformed id is refused with 400 ErrorInvalidIdMalformed", self._malformed)
        check("a delta query over the Inbox ends with a deltaLink to the same host", self._delta)
        check("an unknown delta token is refused with 400 or 410", self._bad_delta)
        check("calendarView accepts the product's $select and $orderby; times are UTC with 7 digits", self._calendar)
        check(ORIGINAL_START, lambda: original_start(self.graph, self.root, self._occurrence()), borne=True)
        message_rows(self.graph, self.table, self.root, lambda: next(self._requests(), ""))

    @property
    def root(self) -> str:
        """The mailbox's path."""
        return user(self.mailbox)

    def _opens(self) -> str:
        self.graph.get(f"{self.root}/mailFolders/inbox", {"$select": "id"})
        return "200"

    def _other(self) -> str:
        if not self.other:
            raise NotTried("no --other was given")
        return _refusal(self.graph, f"{user(self.other)}/mailFolders/inbox", statuses=(403,))

    def _nobody(self) -> str:
        nobody = f"nobody-{secrets.token_hex(8)}@{self.mailbox.rpartition('@')[2]}"
        return _refusal(self.graph, f"{user(nobody)}/mailFolders/inbox", codes=NO_MAILBOX_CODES)

    def _malformed(self) -> str:
        path = f"{self.root}/messages/live-check"
        return _refusal(self.graph, path, statuses=(400,), codes={"ErrorInvalidIdMalformed"})

    def _delta(self) -> str:
        state = delta_state(self.graph, self.root)
        return expect(self.graph.is_own(state), "a deltaLink" if state else "no link")

    def _bad_delta(self) -> str:
        path = f"{self.root}/mailFolders/inbox/messages/delta?$deltatoken=live-check"
        return _refusal(self.graph, path, statuses=(400, 410))

    def _view(self) -> list[Json]:
        now = datetime.now(UTC)
        window = {"startDateTime": now.isoformat(), "endDateTime": (now + timedelta(days=180)).isoformat()}
        query = {**window, "$select": ENTRY_FIELDS, "$orderby": "start/dateTime", "$top": "500"}
        found: list[Json] = self.graph.get(f"{self.root}/calendarView", query)["value"]
        return found

    def _calendar(self) -> str:
        entries = self._view()
        times = [entry[end] for entry in entries for end in ("start", "end")]
        seen = f"200, {len(entries)} entries"
        return expect(all(t["timeZone"] == "UTC" and _GRAPH_TIME.fullmatch(t["dateTime"]) for t in times), seen)

    def _occurrence(self) -> str:
        """The id of an occurrence; "" if there is none."""
        return next((str(entry["id"]) for entry in self._view() if entry.get("seriesMasterId")), "")

    def _requests(self) -> Iterator[str]:
        """Ids of meeting requests among the newest messages."""
        query = {"$top": "100", "$select": f"id,{KIND}", "$orderby": "receivedDateTime desc"}
        for entry in self.graph.get(f"{self.root}/messages", query)["value"]:
            if entry.get("meetingMessageType") == "meetingRequest":
                yield str(entry["id"])


def message_rows(graph: Graph, table: Table, root: str, newest: Callable[[], str]) -> None:
    """Check the properties of a meeting request and its event in one mailbox (`root`).

    `newest` returns the request's id, or "" if there is none.
    """
    request, check = _Request(graph, root, newest), table.check
    check("a message is returned with its event in one call ($expand)", request.expands, borne=True)
    check(UID, request.has_uid, borne=True)
    check("a message has 0x3 and 0x23; 0x3 is the event's iCalUId, 0x23 the same without a date", request.object_ids)
    check("an event has its sequence number, 0x8201", request.sequence)
    check("bodies of meeting messages are HTML, even if text is preferred", request.html)


@dataclass(frozen=True)
class _Request:
    graph: Graph
    root: str
    newest: Callable[[], str]

    @cached_property
    def path(self) -> str:
        message_id = self.newest()
        if not message_id:
            raise NotTried(_NO_MESSAGE)
        return item(f"{self.root}/messages", message_id)

    @property
    def event(self) -> Json:
        found = self.graph.get(self.path, {"$expand": EVENT}).get("event")
        if not found:
            raise NotTried("the meeting of the newest request is gone")
        return dict(found)

    def expands(self) -> str:
        return expect("start" in self.event, "200, with its event")

    def has_uid(self) -> str:
        told = bool(self.event.get("uid"))
        return expect(told, "it has uid" if told else "no uid; it follows from the iCalUId and the series")

    def object_ids(self) -> str:
        ical_uid = str(self.event.get("iCalUId", "")).upper()
        message = self.graph.get(self.path, {"$select": "id", **expanding(GLOBAL_OBJECT_ID, CLEAN_GLOBAL_OBJECT_ID)})
        whole, clean = (hexadecimal(extended(message, name)) for name in (GLOBAL_OBJECT_ID, CLEAN_GLOBAL_OBJECT_ID))
        fits = bool(clean) and without_day(whole) == clean and whole == ical_uid
        return expect(fits, f"0x3 {_told(whole)}, 0x23 {_told(clean)}" + ("" if fits else ", not the event's iCalUId"))

    def sequence(self) -> str:
        path = item(f"{self.root}/events", str(self.event["id"]))
        value = extended(self.graph.get(path, expanding(SEQUENCE)), SEQUENCE)
        return expect(value.isdigit(), value or "it has none")

    def html(self) -> str:
        kind = str(self.graph.get(self.path, prefer='outlook.body-content-type="text"')["body"]["contentType"])
        return expect(kind.casefold() == "html", kind)


def original_start(graph: Graph, root: str, event_id: str) -> str:
    """Check that `originalStart` is returned on request. Raises Differs, NotTried."""
    if not event_id:
        raise NotTried("there is no series in the calendar; --write creates one")
    event = graph.get(item(f"{root}/events", event_id), {"$select": "id,start,end,originalStart"})
    told = bool(event.get("originalStart"))
    return expect(told, "it is returned" if told else "it is missing; the iCalUId's date replaces it")


def delta_state(graph: Graph, root: str) -> str:
    """The deltaLink at the end of a delta query over the Inbox. Raises NotTried if the Inbox is very full."""
    page = graph.get(f"{root}/mailFolders/inbox/messages/delta?$select=id", prefer="odata.maxpagesize=100")
    for _ in range(_MOST_PAGES):
        if "@odata.nextLink" not in page:
            return str(page.get("@odata.deltaLink", ""))
        page = graph.get(page["@odata.nextLink"], prefer="odata.maxpagesize=100")
    raise NotTried("there are too many messages in the Inbox")


def _refusal(
    graph: Graph, path: str, statuses: tuple[int, ...] = (), codes: frozenset[str] | set[str] = frozenset()
) -> str:
    """Check that a path is refused with one of these statuses and codes (any code if none are given); returns the
    error.
    """
    try:
        graph.get(path)
    except Refused as error:
        return expect((not statuses or error.status in statuses) and (not codes or error.code in codes), str(error))
    return expect(holds=False, seen="200: it is not refused")


def roles_of(token: str) -> str:
    """The roles that Entra has granted; there should be none for mail or calendars. Raises Differs, NotTried."""
    claims = claims_of(token)
    if claims is None:
        raise NotTried("the token cannot be read")
    roles = [str(role) for role in claims.get("roles") or []]
    return expect(not any(map(_ROLES.match, roles)), ", ".join(roles) or "no roles")


def _told(value: str) -> str:
    return "is there" if value else "is missing"
