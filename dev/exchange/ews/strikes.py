"""The effects of faults on EWS requests: rejections, closed connections, and malformed or endless responses.

status
    an HTTP status without SOAP, as from a balancer; a 401 has challenges
crash
    the connection is closed without a response
server_busy
    a SOAP fault with BackOffMilliseconds and HTTP status 500 (throttling documentation)
soap_fault
    a SOAP fault with ``code``, and with HTTP status ``status`` (500 by default, or even 200)
plain_fault
    a SOAP fault as sent by grommunio: HTTP status 500, a different prefix, no XML declaration, no EWS code; ``code`` is
    its message
error
    200 with a response message that has ResponseClass Error and ``code``
truncate, charset
    the correct response, but cut in half, or in an encoding other than the declared one
html
    200 with an HTML page, such as a sign-in page or one from a proxy
bomb
    a response with nested entities that expand to gigabytes, and an entity that refers to a file
oversize
    a response of many megabytes
trickle
    an endless response, sent byte by byte
hang
    no response while the client waits
"""

import asyncio
from collections.abc import Callable

from aiohttp import web

from dev.exchange.ews.errors import EwsError, SoapFaultError, error_message
from dev.exchange.ews.xml import Element
from dev.exchange.faults import Fault

#: These faults change the response, so they apply after the request has been carried out.
SPOILING = ("truncate", "charset")
_XML = {"Content-Type": "text/xml; charset=utf-8"}
_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Password</form></body></html>"
_PLAIN = (
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">'
    "<SOAP-ENV:Header/><SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>Client</faultcode><faultstring>{}</faultstring>"
    "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"
)
_LEVELS = 9
_MEGABYTE = b" " * 1024**2


def refusal(operation: str, fault: Fault) -> list[Element] | None:
    """Return the response messages for an "error", or None for other faults; raises `SoapFaultError` for SOAP
    faults.
    """
    if fault.action == "error":
        return [error_message(operation, EwsError(fault.code))]
    if fault.action == "server_busy":
        values = {"BackOffMilliseconds": str(fault.back_off_ms)} if fault.back_off_ms else {}
        raise SoapFaultError("ErrorServerBusy", values=values)
    if fault.action == "soap_fault":
        raise SoapFaultError(fault.code, status=fault.status or 500)
    return None


async def strike(request: web.Request, fault: Fault, answer: bytes) -> web.StreamResponse:
    """Respond to a request with an HTTP or XML fault. ``answer`` is the correct response, or empty if the request was
    not carried out.
    """
    if fault.action == "hang":
        await asyncio.sleep(fault.seconds)
    if fault.action in ("crash", "hang"):
        if request.transport:
            request.transport.close()
        return web.Response(status=500)
    if fault.action == "oversize":
        return await _oversize(request, fault.megabytes)
    if fault.action == "trickle":
        return await _trickle(request, fault.seconds)
    return _spoilt(fault, answer)


def _spoilt(fault: Fault, answer: bytes) -> web.Response:
    retry = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    answers: dict[str, Callable[[], web.Response]] = {
        "status": lambda: web.Response(status=fault.status, headers=retry),
        "html": lambda: web.Response(text=_PAGE, content_type="text/html"),
        "plain_fault": lambda: plain_fault(fault.code),
        "bomb": lambda: web.Response(body=_bomb(), headers=_XML),
        "truncate": lambda: web.Response(body=_cut(answer), headers=_XML),
        "charset": lambda: web.Response(body=_miscoded(answer), headers=_XML),
    }
    return answers[fault.action]()


def plain_fault(message: str) -> web.Response:
    """A SOAP fault as sent by grommunio."""
    return web.Response(status=500, text=_PLAIN.format(message), content_type="text/xml")


def _cut(answer: bytes) -> bytes:
    return answer[: len(answer) // 2]


def _miscoded(answer: bytes) -> bytes:
    """A Latin-1 response declared as UTF-8, with a character that is invalid in UTF-8."""
    head, rest = answer.decode().split("?>", 1)
    return f"{head}?><!-- prêt -->{rest}".encode("latin-1", errors="replace")


def _bomb() -> bytes:
    """A document with nested entities that expand to gigabytes, and an external entity."""
    entities = ['<!ENTITY x0 "ha">', '<!ENTITY file SYSTEM "file:///etc/passwd">']
    entities += [f'<!ENTITY x{level} "{f"&x{level - 1};" * 10}">' for level in range(1, _LEVELS + 1)]
    body = f"<s:Body><a>&x{_LEVELS};</a><b>&file;</b></s:Body>"
    envelope = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">{body}</s:Envelope>'
    return f'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE bomb [{"".join(entities)}]>{envelope}'.encode()


async def _trickle(request: web.Request, between: float) -> web.StreamResponse:
    answer = web.StreamResponse(headers=_XML)
    await answer.prepare(request)
    try:
        while True:
            await answer.write(b" ")
            await asyncio.sleep(between)
    except ConnectionResetError:
        return answer


async def _oversize(request: web.Request, megabytes: int) -> web.StreamResponse:
    answer = web.StreamResponse(headers=_XML)
    await answer.prepare(request)
    await answer.write(b'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="a"><s:Body>')
    try:
        for _ in range(megabytes):
            await answer.write(_MEGABYTE)
        await answer.write(b"</s:Body></s:Envelope>")
        await answer.write_eof()
    except ConnectionResetError:
        # The client has closed the connection.
        return answer
    return answer
