"""A Graph request and its response."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aiohttp import web

from dev.exchange.calendar import Entry, occurrence, whole
from dev.exchange.directory import User
from dev.exchange.graph.errors import GraphError, bad_request, not_found
from dev.exchange.graph.ids import EVENT, MESSAGE, ItemId, MalformedIdError, folder_id, parse
from dev.exchange.graph.query import Prefer
from dev.exchange.graph.shapes import Json, View
from dev.exchange.model import Message
from dev.exchange.state import Exchange
from dev.exchange.store import FOLDERS

_CONTENT_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@dataclass
class Call:
    """A routed request. ``params`` are the variable parts of its path."""

    exchange: Exchange
    request: web.Request
    params: Mapping[str, str]
    prefer: Prefer
    base: str

    @property
    def query(self) -> Mapping[str, str]:
        """The request's query options."""
        return self.request.query

    @cached_property
    def owner(self) -> User:
        """The mailbox in the path; raises `GraphError` with status 404 if there is no such user."""
        user = self.exchange.directory.find(self.params["user"])
        if user is None:
            raise GraphError(404, "ErrorInvalidUser", f"The requested user '{self.params['user']}' is invalid.")
        return user

    @cached_property
    def view(self) -> View:
        """The mailbox and the preferences for rendering responses."""
        return View(self.base, self.owner, self.prefer)

    @property
    def folder(self) -> str:
        """The mail folder in the path: a well-known name or an id."""
        return find_folder(self.owner, self.params["folder"])

    @property
    def message(self) -> Message:
        """The message in the path. A regular id issued before the message was moved is no longer found."""
        item = _parsed(self.params["message"], MESSAGE)
        message = self.exchange.store.message(self.owner.guid, item.key)
        if message is None or item.moves not in (None, message.moves):
            raise not_found()
        return message

    @property
    def entry(self) -> Entry:
        """The event in the path: a meeting, a series or an occurrence."""
        item = _parsed(self.params["event"], EVENT)
        event = self.exchange.store.event_by_key(self.owner.guid, item.key)
        if event is None:
            raise not_found()
        entry = occurrence(event, item.day) if item.day else whole(event)
        if entry is None:
            raise not_found()
        return entry

    async def document(self) -> dict[str, Any]:
        """The JSON object in the request's body. An empty body is an empty object."""
        text = await self.request.text()
        try:
            document = json.loads(text) if text else {}
        except json.JSONDecodeError as error:
            raise bad_request("Unable to read JSON request payload.") from error
        if not isinstance(document, dict):
            raise bad_request("The request payload must be a JSON object.")
        return document

    def answer(self, document: Json, status: int = 200) -> web.Response:
        """A JSON response."""
        return web.Response(
            status=status,
            body=json.dumps(document).encode(),
            headers={"Content-Type": _CONTENT_TYPE, **self._headers()},
        )

    def done(self, status: int) -> web.Response:
        """A response without content."""
        return web.Response(status=status, headers=self._headers())

    def link(self, path: str, query: str) -> str:
        """An absolute URL in this service, with the host used by the client."""
        return f"{self.base}/{path}?{query}"

    def _headers(self) -> dict[str, str]:
        applied = {"Preference-Applied": self.prefer.applied} if self.prefer.applied else {}
        return {"request-id": str(uuid.uuid4()), **applied}


def find_folder(owner: User, name: str) -> str:
    """The mail folder with a well-known name or id; raises `GraphError` with status 404 if there is none."""
    for folder in FOLDERS:
        if name.casefold() == folder or name == folder_id(owner.guid, folder):
            return folder
    raise not_found()


def _parsed(text: str, kind: int) -> ItemId:
    try:
        item = parse(text)
    except MalformedIdError as error:
        raise bad_request("Id is malformed.", "ErrorInvalidIdMalformed") from error
    if item.kind != kind:
        raise not_found()
    return item
