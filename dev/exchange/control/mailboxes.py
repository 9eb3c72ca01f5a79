"""Control routes that show mailboxes and set how they process meetings."""

from dataclasses import fields

from aiohttp import web

from dev.exchange.attendant import PROCESSING, Processing
from dev.exchange.calendar import day_of
from dev.exchange.control.common import ControlError, Given, document
from dev.exchange.graph.shapes import fine_stamp
from dev.exchange.model import Message
from dev.exchange.state import Exchange
from dev.exchange.store import DRAFTS, SENT
from dev.exchange.visibility import parts


class MailboxRoutes:
    """Routes that list the messages in a mailbox and change the settings of Set-CalendarProcessing."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        """The control routes for mailboxes."""
        return [
            web.get("/dev/mailboxes/{email}/messages", self.messages),
            web.patch("/dev/mailboxes/{email}", self.set_processing),
        ]

    async def messages(self, request: web.Request) -> web.Response:
        """All messages received by a mailbox, newest last, regardless of their current folder."""
        user = self._exchange.directory.ensure(request.match_info["email"])
        received = (m for m in self._exchange.store.messages(user.guid) if m.folder not in (SENT, DRAFTS))
        return web.json_response({"messages": [_shown(message) for message in received]})

    async def set_processing(self, request: web.Request) -> web.Response:
        """Handle Set-CalendarProcessing: {"automate_processing": "None"|"AutoUpdate"|"AutoAccept", …}."""
        given = await document(request)
        known = {field.name: type(field.default) for field in fields(Processing)}
        for name, value in given.items():
            if name not in known or not isinstance(value, known[name]):
                raise ControlError(f"'{name}' is not a setting with a value like {value!r}; known: {', '.join(known)}")
        if given.get("automate_processing", "None") not in PROCESSING:
            raise ControlError(f"'automate_processing' must be one of {', '.join(PROCESSING)}")
        _check_visibility(given.get("visible_update_properties", ""))
        processing = self._exchange.attendant.processing(self._exchange.directory.ensure(request.match_info["email"]))
        for name, value in given.items():
            setattr(processing, name, value)
        return web.json_response(vars(processing))


def _check_visibility(setting: str) -> None:
    try:
        known = {"Location", "Subject", "Body", "AllProperties", ""}
        strange = {name for name, _ in parts(setting)} - known
    except ValueError as error:
        raise ControlError(
            f"'visible_update_properties': the minutes after a colon must be whole numbers: {setting!r}"
        ) from error
    if strange:
        raise ControlError(f"'visible_update_properties' contains {', '.join(strange)}, which is not a property")


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
