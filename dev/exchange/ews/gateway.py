"""The front end of EWS: authenticates, parses, counts and dispatches requests, and applies impersonation and faults."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from aiohttp import web

from dev.exchange.ews import (
    create,
    find,
    folders,
    hierarchy,
    items,
    mail,
    moving,
    names,
    strikes,
    sync,
    time_zones,
)
from dev.exchange.ews.access import Actor, Caller, impersonating
from dev.exchange.ews.authentication import Authentication, UnauthorizedError
from dev.exchange.ews.call import Call
from dev.exchange.ews.errors import EwsError, SoapFaultError, fault
from dev.exchange.ews.field_uris import VERSIONS
from dev.exchange.ews.state import BUILDS
from dev.exchange.ews.tokens import JsonWebKeys, Tokens
from dev.exchange.ews.xml import SOAP, Element, NotXmlError, child, children, local, m, parse, s, serialize, t
from dev.exchange.state import Exchange

PATH = "/EWS/Exchange.asmx"
#: The route for EWS. It ignores case, as IIS does.
ROUTE = r"/{path:(?i:ews/exchange\.asmx)}"
#: Maximum number of concurrent requests from one account (EWSMaxConcurrency).
CONCURRENT = 27

#: A request that gets one of these statuses has no effect, even if the fault has `after_effect`. A 401 comes from IIS,
#: before EWS gets the request. A 408 means that the request did not arrive completely (RFC 9110, 15.5.9), for example
#: on an idle connection. Clients therefore repeat the request immediately, even if it is an answer to an organizer.
#: NTLM's handshake relies on this, because it consists of 401s. A server that carried out the request first would
#: violate HTTP, and no client could notice. When a response is lost on the way back, the client sees a 503, a 504 or a
#: closed connection.
_UNDONE = (401, 408)

_OPERATIONS: dict[str, Callable[[Call], list[Element]]] = {
    "ConvertId": names.convert_id,
    "CreateItem": create.create_item,
    "DeleteItem": moving.delete_item,
    "FindFolder": hierarchy.find_folder,
    "FindItem": find.find_item,
    "GetFolder": folders.get_folder,
    "GetItem": items.get_item,
    "GetServerTimeZones": time_zones.get_server_time_zones,
    "MoveItem": moving.move_item,
    "ResolveNames": names.resolve_names,
    "SendItem": mail.send_item,
    "SyncFolderHierarchy": hierarchy.sync_folder_hierarchy,
    "SyncFolderItems": sync.sync_folder_items,
    "UpdateItem": mail.update_item,
}


def _nobody(_agent: str, _request: Element, _answer: Element) -> None:
    """The default witness, which does nothing."""


class Gateway:
    """Handles POST requests to `/EWS/Exchange.asmx`. ``keys`` returns the JWKS for access tokens.

    ``witness`` is called with the User-Agent and the envelopes of request and response, unless a fault has changed the
    response.
    """

    witness: ClassVar[Callable[[str, Element, Element], None]] = staticmethod(_nobody)

    def __init__(self, exchange: Exchange, keys: JsonWebKeys) -> None:
        self._exchange = exchange
        self._authentication = Authentication(exchange.ews, Tokens(keys, exchange.clock.now))

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        # Even a rejected request must be read completely. Otherwise its connection cannot be reused.
        content = await request.read()
        try:
            caller = self._authentication.caller(request)
        except UnauthorizedError as error:
            return _challenge(error)
        try:
            envelope = parse(content)
        except NotXmlError as error:
            return self._soap(fault(SoapFaultError("ErrorSchemaValidation", str(error))), 500)
        try:
            with self._one_of_few(caller):
                answer = await self._answer(request, caller, envelope)
        except SoapFaultError as error:
            if self._exchange.ews.plain_faults:
                return strikes.plain_fault(error.message)
            answer = self._soap(fault(error), error.status)
        except EwsError as error:
            answer = self._soap(fault(SoapFaultError(error.code, error.message)), 500)
        if isinstance(answer, Answer):
            type(self).witness(request.headers.get("User-Agent", ""), envelope, answer.envelope)
        return answer

    async def _answer(self, request: web.Request, caller: Caller, envelope: Element) -> web.StreamResponse:
        header, body = child(envelope, "Header", SOAP), child(envelope, "Body", SOAP)
        operations = children(body)
        if len(operations) != 1:
            raise SoapFaultError("ErrorSchemaValidation")
        operation = local(operations[0])
        self._exchange.traffic.requests[f"EWS {operation}"] += 1
        call = Call(self._exchange, self._actor(caller, header), operations[0], _version(header))
        return await self._handle(request, call, operation)

    async def _handle(self, request: web.Request, call: Call, operation: str) -> web.StreamResponse:
        faults = self._exchange.faults
        delay = faults.latency("EWS", operation)
        if delay:
            await asyncio.sleep(delay)
        if operation not in _OPERATIONS:
            raise SoapFaultError("ErrorInvalidRequest", f"The operation {operation} is not supported here.")
        struck = faults.for_request("EWS", operation)
        if struck is None:
            return self._answered(operation, _OPERATIONS[operation](call))
        done = None
        if (struck.after_effect and struck.status not in _UNDONE) or struck.action in strikes.SPOILING:
            done = self._answered(operation, _OPERATIONS[operation](call))
        refused = strikes.refusal(operation, struck)
        if refused is not None:
            return self._answered(operation, refused)
        if struck.action == "status" and struck.status == 401:
            return _challenge(UnauthorizedError(self._exchange.ews.schemes))
        return await strikes.strike(request, struck, done.body if done and isinstance(done.body, bytes) else b"")

    def _answered(self, operation: str, messages: list[Element]) -> web.Response:
        return self._soap(m(f"{operation}Response", m("ResponseMessages", *messages)), 200)

    def _actor(self, caller: Caller, header: Element | None) -> Actor:
        wanted = child(header, "ExchangeImpersonation")
        sid = child(wanted, "ConnectingSID")
        named = next((item.text or "" for item in children(sid)), "")
        user = self._exchange.directory.find(named) if named else None
        return impersonating(caller, user, asked=wanted is not None)

    @contextmanager
    def _one_of_few(self, caller: Caller) -> Iterator[None]:
        """Limit an account's concurrent requests, and reject any others."""
        traffic, name = self._exchange.traffic, f"EWS {caller.name}"
        if traffic.running[name] >= CONCURRENT:
            traffic.throttled += 1
            raise SoapFaultError("ErrorExceededConnectionCount")
        traffic.running[name] += 1
        traffic.most_at_once = max(traffic.most_at_once, traffic.running[name])
        try:
            yield
        finally:
            traffic.running[name] -= 1

    def _soap(self, content: Element, status: int) -> "Answer":
        version = t("ServerVersionInfo", BUILDS[self._exchange.ews.version])
        envelope = s("Envelope", s("Header", version), s("Body", content))
        return Answer(envelope, status)


class Answer(web.Response):
    """A SOAP response."""

    def __init__(self, envelope: Element, status: int) -> None:
        super().__init__(status=status, body=serialize(envelope), headers={"Content-Type": "text/xml; charset=utf-8"})
        self.envelope = envelope


def _version(header: Element | None) -> str:
    """The client's version, or the oldest version if the header is missing."""
    wanted = child(header, "RequestServerVersion")
    version = VERSIONS[0] if wanted is None else str(wanted.get("Version"))
    if version not in VERSIONS:
        raise SoapFaultError("ErrorInvalidServerVersion")
    return version


def _challenge(error: UnauthorizedError) -> web.Response:
    answer = web.Response(status=401)
    for value in error.challenges:
        answer.headers.add("WWW-Authenticate", value)
    return answer
