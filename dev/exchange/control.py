"""The control routes under `/dev`: what people do in Outlook, the clock, faults, and a look into mailboxes."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

import aiohttp
from aiohttp import web

from dev.exchange.attendant import PROCESSING, Processing
from dev.exchange.calendar import day_of
from dev.exchange.clock import ClockError
from dev.exchange.drafts import DraftError, change_by, new_meeting
from dev.exchange.faults import FaultError
from dev.exchange.graph.shapes import fine_stamp
from dev.exchange.meetings import MeetingError, NoSuchMeetingError
from dev.exchange.model import Body, Letter, Message
from dev.exchange.state import Exchange
from dev.exchange.store import DRAFTS, SENT
from dev.exchange.subscriptions import LIFECYCLE
from dev.exchange.uids import new_uid

#: The functions host runs what has come due before it answers.
_CLOCK_LIMIT = aiohttp.ClientTimeout(total=120)

Given = dict[str, Any]


class ControlError(Exception):
    """A control request that is refused: HTTP status and why."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@web.middleware
async def explain(request: web.Request, handler: Any) -> web.StreamResponse:
    """Answer refusals in words: {"error": "…"}."""
    try:
        answer: web.StreamResponse = await handler(request)
    except NoSuchMeetingError as error:
        return web.json_response({"error": str(error)}, status=404)
    except (DraftError, MeetingError, FaultError, ClockError) as error:
        return web.json_response({"error": str(error)}, status=400)
    except ControlError as error:
        return web.json_response({"error": str(error)}, status=error.status)
    return answer


class Control:
    """Handlers of the control routes."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.post("/dev/identity-token", self.identity_token),
            web.post("/dev/identity-keys/roll", self.roll_keys),
            web.get("/autodiscover/metadata/json/1", self.metadata),
            web.post("/dev/meetings", self.create_meeting),
            web.patch("/dev/meetings/{uid}", self.edit_meeting),
            web.delete("/dev/meetings/{uid}", self.cancel_meeting),
            web.post("/dev/forward", self.forward),
            web.post("/dev/mail", self.mail),
            web.get("/dev/mailboxes/{email}/messages", self.messages),
            web.patch("/dev/mailboxes/{email}", self.set_processing),
            web.post("/dev/faults", self.add_faults),
            web.delete("/dev/faults", self.clear_faults),
            web.get("/dev/clock", self.read_clock),
            web.post("/dev/clock", self.move_clock),
            web.post("/dev/lifecycle", self.lifecycle),
            web.post("/dev/delta/invalidate", self.forget_delta),
            web.get("/dev/requests", self.traffic),
            web.delete("/dev/requests", self.reset_traffic),
        ]

    # --- identity

    async def identity_token(self, request: web.Request) -> web.Response:
        """{"user", "audience"?, "amurl"?, "expires_in"?, "signed_by": "other"?} → {"token"}."""
        given = await _document(request)
        user = self._exchange.directory.ensure(_text(given, "user"))
        token = self._exchange.identity.token(
            user,
            audience=given.get("audience", self._exchange.settings.audience),
            amurl=given.get("amurl", _metadata_url(request)),
            expires_in=int(given.get("expires_in", 28_800)),
            forged=given.get("signed_by") == "other",
        )
        return web.json_response({"token": token})

    async def roll_keys(self, _request: web.Request) -> web.Response:
        """Sign with a new key from now on."""
        self._exchange.identity.roll()
        return web.json_response({})

    async def metadata(self, request: web.Request) -> web.Response:
        """The metadata document with the signing certificates."""
        return web.json_response(self._exchange.identity.metadata(_metadata_url(request)))

    # --- meetings and mail

    async def create_meeting(self, request: web.Request) -> web.Response:
        """Somebody creates a meeting in Outlook."""
        given = await _document(request)
        exchange = self._exchange
        organizer = exchange.directory.ensure(_address(given, "organizer"))
        delegate = exchange.directory.ensure(_address(given, "sender")) if given.get("sender") else None
        content = {name: value for name, value in given.items() if name not in ("organizer", "sender")}
        meeting = new_meeting(content, organizer, new_uid(exchange.clock.now()), exchange.directory)
        exchange.meetings.create(organizer, meeting, delegate)
        return web.json_response({"uid": meeting.uid}, status=201)

    async def edit_meeting(self, request: web.Request) -> web.Response:
        """The organiser changes a meeting; with "occurrence" one of a series."""
        given = await _document(request)
        day = _day(given.pop("occurrence", None))
        silent = given.pop("silent", False) is True
        if given.pop("organizer", None):
            raise ControlError("the organizer of a meeting cannot be changed")
        uid = request.match_info["uid"]
        if delegate := given.pop("sender", None):
            self._exchange.meetings.delegate(uid, self._exchange.directory.ensure(delegate))
        change = change_by(given, self._exchange.directory)
        self._exchange.meetings.edit(uid, change, day, silent=silent)
        return web.json_response({"uid": uid})

    async def cancel_meeting(self, request: web.Request) -> web.Response:
        """The organiser cancels a meeting; with ?occurrence= one of a series."""
        self._exchange.meetings.cancel(request.match_info["uid"], _day(request.query.get("occurrence")))
        return web.json_response({})

    async def forward(self, request: web.Request) -> web.Response:
        """An attendee forwards an invitation: {"uid", "from", "to"}."""
        given, directory = await _document(request), self._exchange.directory
        sender, to = directory.ensure(_address(given, "from")), directory.ensure(_address(given, "to"))
        self._exchange.meetings.forward(_text(given, "uid"), sender, to)
        return web.json_response({})

    async def mail(self, request: web.Request) -> web.Response:
        """Ordinary mail: {"from", "to", "subject", "body_html", "headers"?: {name: value}}."""
        given, directory = await _document(request), self._exchange.directory
        sender = directory.ensure(_address(given, "from")).contact
        to = given["to"] if isinstance(given.get("to"), list) else [_address(given, "to")]
        letter = Letter(
            subject=str(given.get("subject", "")),
            body=Body(str(given.get("body_html", ""))),
            from_=sender,
            sender=sender,
            to=tuple(directory.ensure(address).contact for address in to),
            headers=tuple((str(name), str(value)) for name, value in given.get("headers", {}).items()),
        )
        self._exchange.post.send(letter)
        return web.json_response({})

    # --- mailboxes

    async def messages(self, request: web.Request) -> web.Response:
        """What a mailbox received, newest last, whatever folder it is in now."""
        user = self._exchange.directory.ensure(request.match_info["email"])
        received = (m for m in self._exchange.store.messages(user.guid) if m.folder not in (SENT, DRAFTS))
        return web.json_response({"messages": [_shown(message) for message in received]})

    async def set_processing(self, request: web.Request) -> web.Response:
        """Set-CalendarProcessing: {"automate_processing": "None"|"AutoUpdate"|"AutoAccept", …}."""
        given = await _document(request)
        known = {field.name: type(field.default) for field in fields(Processing)}
        for name, value in given.items():
            if name not in known or not isinstance(value, known[name]):
                raise ControlError(f"'{name}' is not a setting with a value like {value!r}; known: {', '.join(known)}")
        if given.get("automate_processing", "None") not in PROCESSING:
            raise ControlError(f"'automate_processing' must be one of {', '.join(PROCESSING)}")
        processing = self._exchange.attendant.processing(self._exchange.directory.ensure(request.match_info["email"]))
        for name, value in given.items():
            setattr(processing, name, value)
        return web.json_response(vars(processing))

    # --- faults and time

    async def add_faults(self, request: web.Request) -> web.Response:
        """Switch faults on: {"faults": […]}."""
        given = await _document(request)
        faults = given.get("faults")
        if not isinstance(faults, list) or not all(isinstance(fault, dict) for fault in faults):
            raise ControlError("'faults' must be a list of objects")
        for fault in faults:
            self._exchange.faults.add(fault)
        return web.json_response({})

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """Switch all faults off."""
        self._exchange.faults.clear()
        return web.json_response({})

    async def read_clock(self, _request: web.Request) -> web.Response:
        """The simulated present."""
        return web.json_response({"now": self._exchange.clock.now().isoformat()})

    async def move_clock(self, request: web.Request) -> web.Response:
        """Move time forward here and in the functions host; answers after that has answered."""
        given = await _document(request)
        try:
            when = datetime.fromisoformat(_text(given, "now"))
        except ValueError as error:
            raise ControlError(f"'now' is not a time: {given['now']!r}") from error
        self._exchange.move_clock(when)
        told = await self._tell_functions(given)
        return web.json_response({"now": self._exchange.clock.now().isoformat(), "functions": told})

    async def _tell_functions(self, given: Given) -> str:
        url = self._exchange.settings.functions_url
        if not url:
            return "nobody to tell"
        try:
            async with (
                aiohttp.ClientSession(timeout=_CLOCK_LIMIT) as session,
                session.post(f"{url}/dev/clock", json=given) as answer,
            ):
                if answer.status >= 300:
                    raise ControlError(f"the functions host answered {answer.status}: {await answer.text()}", 502)
                return "told"
        except aiohttp.ClientConnectorError:
            return "not reachable"

    async def lifecycle(self, request: web.Request) -> web.Response:
        """Send a lifecycle notification to all subscriptions; subscriptionRemoved also removes them."""
        event = _text(await _document(request), "event")
        if event not in LIFECYCLE:
            raise ControlError(f"'event' must be one of {', '.join(LIFECYCLE)}")
        for subscription in self._exchange.subscriptions:
            if event == "subscriptionRemoved":
                self._exchange.subscriptions.remove(subscription.id)
            self._exchange.send_lifecycle(subscription, event)
        return web.json_response({})

    async def forget_delta(self, _request: web.Request) -> web.Response:
        """All delta tokens are invalid from now on."""
        self._exchange.delta.forget()
        return web.json_response({})

    # --- counters

    async def traffic(self, _request: web.Request) -> web.Response:
        """Graph requests since the start or the last reset, by method and path template."""
        traffic = self._exchange.traffic
        return web.json_response(
            {
                "total": traffic.requests.total(),
                "requests": dict(sorted(traffic.requests.items())),
                "throttled": traffic.throttled,
                "most_at_once": traffic.most_at_once,
            }
        )

    async def reset_traffic(self, _request: web.Request) -> web.Response:
        """Count from zero again."""
        self._exchange.traffic.reset()
        return web.json_response({})


def _shown(message: Message) -> Given:
    part, letter = message.letter.part, message.letter
    day = day_of(part.meeting) if part else None
    return {
        "kind": str(letter.kind),
        "subject": letter.subject,
        "from": letter.from_.address,
        "uid": part.meeting.uid if part else None,
        "occurrence": day.isoformat() if day else None,
        "body_html": letter.body.html,
        "body_text": letter.body.text,
        "received": fine_stamp(message.received),
        "folder": message.folder,
    }


async def _document(request: web.Request) -> Given:
    try:
        given = await request.json()
    except ValueError as error:
        raise ControlError("the request's body must be JSON") from error
    if not isinstance(given, dict):
        raise ControlError("the request's body must be a JSON object")
    return given


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise ControlError(f"'{name}' is required, as text")
    return value


def _address(given: Mapping[str, Any], name: str) -> str:
    value = _text(given, name)
    if "@" not in value:
        raise ControlError(f"'{name}' must be an e-mail address; got {value!r}")
    return value


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except (TypeError, ValueError) as error:
        raise ControlError(f"'occurrence' must be a date such as 2026-12-01; got {text!r}") from error


def _metadata_url(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}/autodiscover/metadata/json/1"
