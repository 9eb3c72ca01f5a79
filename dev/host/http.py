"""HTTP triggers: turns requests into invocations, and their results into responses."""

import hmac
import logging
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from aiohttp import web

from dev.host.protos import RpcHttp, RpcHttpCookie, TypedData
from dev.host.routes import Router
from dev.host.runner import Runner
from dev.host.worker import Function, InvocationFailed

_log = logging.getLogger(__name__)
_SAME_SITE = {
    RpcHttpCookie.SameSite.Lax: "Lax",
    RpcHttpCookie.SameSite.Strict: "Strict",
    RpcHttpCookie.SameSite.ExplicitNone: "None",
}


class HttpTriggers:
    """Handles every request to the app's routes. `key` is required for functions whose authLevel is not anonymous."""

    def __init__(self, router: Router, runner: Runner, key: str) -> None:
        self._router = router
        self._runner = runner
        self._key = key

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Handle a request. If the function raises, the response is an empty 500, and the traceback goes to the log."""
        if not self._runner.is_up.is_set():
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="The service is unavailable.")
        found = self._router.find(request.method, request.rel_url.raw_path)
        if found is None:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        function, parameters = found
        if not self._is_authorised(function, request):
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        data = TypedData(http=await _to_rpc(request, parameters))
        try:
            result = await self._runner.run(function, data, trace_parent=request.headers.get("traceparent", ""))
        except InvocationFailed as failure:
            _log.error("%s\n%s", failure, failure.stack_trace)
            return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        return _to_response(result.value)

    def _is_authorised(self, function: Function, request: web.BaseRequest) -> bool:
        if function.trigger.get("authLevel", "function").lower() == "anonymous":
            return True
        given = request.headers.get("x-functions-key") or request.rel_url.query.get("code") or ""
        return hmac.compare_digest(given.encode(), self._key.encode())


async def _to_rpc(request: web.BaseRequest, parameters: dict[str, str]) -> RpcHttp:
    """The request as received by the worker: header names in lower case, values of repeated names joined by commas.

    The real host drops query parameters without a value, because the worker does not ask for them.
    """
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    query: dict[str, str] = {}
    spelling: dict[str, str] = {}
    for name, value in request.rel_url.query.items():
        name = spelling.setdefault(name.lower(), name)
        query[name] = f"{query[name]},{value}" if name in query else value
    body = await request.read()
    return RpcHttp(
        method=request.method,
        url=f"{request.scheme}://{request.host}{request.path_qs}",
        headers=headers,
        params=parameters,
        query={name: value for name, value in query.items() if value},
        body=TypedData(bytes=body) if body else TypedData(),
    )


def _to_response(value: TypedData | None) -> web.Response:
    kind = value.WhichOneof("data") if value is not None else None
    if value is None or kind is None:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    if kind != "http":
        plain = getattr(value, kind)
        return web.Response(body=plain if isinstance(plain, bytes) else str(plain).encode())
    http = value.http
    body = http.body.__dict__.get("bytes") if http.body is not None else None
    response = web.Response(status=int(http.status_code), headers=http.headers, body=body)
    for cookie in http.cookies or ():
        _set_cookie(response, cookie)
    return response


def _set_cookie(response: web.Response, cookie: Any) -> None:
    def value(field: Any) -> Any:
        return None if field is None else field.value

    expires, max_age = value(cookie.expires), value(cookie.max_age)
    response.set_cookie(
        cookie.name,
        cookie.value,
        domain=value(cookie.domain) or None,
        path=value(cookie.path) or "/",
        max_age=None if max_age is None else int(max_age),
        expires=None if expires is None else formatdate(expires.seconds, usegmt=True),
        secure=value(cookie.secure),
        httponly=value(cookie.http_only),
        samesite=_SAME_SITE.get(cookie.same_site),
    )
