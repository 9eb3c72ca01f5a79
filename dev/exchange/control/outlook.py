"""Control routes for actions in Outlook: creating and forwarding meetings, sending mail."""

from datetime import date

from aiohttp import web

from dev.exchange.control.agenda import shown
from dev.exchange.control.common import ControlError, address, document, text
from dev.exchange.drafts import change_by, new_meeting
from dev.exchange.model import Body, Letter
from dev.exchange.state import Exchange
from dev.exchange.uids import new_uid


class OutlookRoutes:
    """Routes for organizers' actions on meetings, and for other people's mail."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """The control routes for actions in Outlook."""
        return [
            web.get("/dev/meetings", self.meetings),
            web.post("/dev/meetings", self.create_meeting),
            web.patch("/dev/meetings/{uid}", self.edit_meeting),
            web.delete("/dev/meetings/{uid}", self.cancel_meeting),
            web.post("/dev/forward", self.forward),
            web.post("/dev/mail", self.mail),
        ]

    async def meetings(self, request: web.Request) -> web.Response:
        """Return the meetings that ?user= organizes or sends on behalf of others, in the format of agenda.py."""
        user = self._exchange.directory.ensure(address(request.query, "user"))
        now = self._exchange.clock.now()
        seen = self._exchange.meetings.seen_by(user)
        return web.json_response({"meetings": [shown(event, sender, now) for event, sender in seen]})

    async def create_meeting(self, request: web.Request) -> web.Response:
        """Create a meeting, like an organizer in Outlook."""
        given = await document(request)
        exchange = self._exchange
        organizer = exchange.directory.ensure(address(given, "organizer"))
        delegate = exchange.directory.ensure(address(given, "sender")) if given.get("sender") else None
        content = {name: value for name, value in given.items() if name not in ("organizer", "sender")}
        meeting = new_meeting(content, organizer, new_uid(exchange.clock.now()), exchange.directory)
        exchange.meetings.create(organizer, meeting, delegate)
        return web.json_response({"uid": meeting.uid}, status=201)

    async def edit_meeting(self, request: web.Request) -> web.Response:
        """Change a meeting or, with "occurrence", one occurrence of a series, as its organizer."""
        given = await document(request)
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
        """Cancel a meeting or, with ?occurrence=, one occurrence of a series, as its organizer."""
        self._exchange.meetings.cancel(request.match_info["uid"], _day(request.query.get("occurrence")))
        return web.json_response({})

    async def forward(self, request: web.Request) -> web.Response:
        """Forward an invitation, as an attendee: {"uid", "from", "to"}."""
        given, directory = await document(request), self._exchange.directory
        sender, to = directory.ensure(address(given, "from")), directory.ensure(address(given, "to"))
        self._exchange.meetings.forward(text(given, "uid"), sender, to)
        return web.json_response({})

    async def mail(self, request: web.Request) -> web.Response:
        """Send ordinary mail: {"from", "to", "subject", "body_html", "headers"?: {name: value}, "item_class"?}."""
        given, directory = await document(request), self._exchange.directory
        sender = directory.ensure(address(given, "from")).contact
        to = given["to"] if isinstance(given.get("to"), list) else [address(given, "to")]
        headers = given.get("headers", {})
        if not isinstance(headers, dict):
            raise ControlError("'headers' must be an object: name → value")
        letter = Letter(
            subject=str(given.get("subject", "")),
            body=Body(str(given.get("body_html", ""))),
            from_=sender,
            sender=sender,
            to=tuple(directory.ensure(str(recipient)).contact for recipient in to),
            headers=tuple((str(name), str(value)) for name, value in headers.items()),
            item_class=str(given.get("item_class", "")),
        )
        self._exchange.post.send(letter)
        return web.json_response({})


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except (TypeError, ValueError) as error:
        raise ControlError(f"'occurrence' must be a date such as 2026-12-01; got {text!r}") from error
