"""The provider over HTTP, with each kind of provider's metadata, keys, authorize page and token endpoint."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import urlencode

from aiohttp import web

from dev.provider.faces import FACES, Face
from dev.provider.provider import Provider, Refused

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in</title>
<link rel="icon" href="data:,">
<style>
  :root { --page: #f2f4f7; --card: #fff; --text: #242424; --soft: #565656; --line: #8a8f96; --tint: #eaf1f9 }
  @media (prefers-color-scheme: dark) {
    :root { --page: #171717; --card: #242424; --text: #f5f5f5; --soft: #c7c7c7; --line: #7a7a7a; --tint: #28313b }
  }
  body { display: grid; place-items: center; min-height: 100vh; margin: 0; background: var(--page); color: var(--text);
    font: 1rem/1.5 'Segoe UI', system-ui, sans-serif }
  main { box-sizing: border-box; width: 100%; min-width: 16rem; max-width: 26rem; padding: 2rem; border-radius: 8px;
    background: var(--card) }
  h1 { margin: 0; font-size: 1.375rem }
  p { margin: .25rem 0 1.25rem; color: var(--soft) }
  button { display: block; width: 100%; margin-top: .5rem; padding: .625rem .875rem; border: 1px solid var(--line);
    border-radius: 4px; background: none; color: inherit; font: inherit; text-align: start; cursor: pointer }
  button:hover { background: var(--tint) }
  button[name=cancel] { margin-top: 1.5rem; text-align: center }
</style>
<main>
<h1>Pick an account</h1>
<p>This is the local stack's sign-in, which needs no password.</p>
<form method="post">{buttons}<button name="cancel" value="1">Cancel</button></form>
</main>
</html>
"""

Handler: TypeAlias = Callable[[Provider, Face, web.Request], Awaitable[web.StreamResponse]]


def routes(provider: Provider) -> list[web.RouteDef]:
    """The routes for all kinds of providers. Their base URL is taken from the request."""

    def at(face: Face, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def here(request: web.Request) -> web.StreamResponse:
            return await handler(provider, replace(face, base=f"http://{request.host}"), request)

        return here

    return [
        route
        for face in FACES
        for route in (
            web.get(face.root + face.metadata, at(face, _metadata)),
            web.get(face.root + face.jwks, at(face, _jwks)),
            web.get(face.root + face.authorize, at(face, _ask)),
            web.post(face.root + face.authorize, at(face, _answer)),
            web.post(face.root + face.token, at(face, _token)),
        )
    ]


@dataclass(frozen=True)
class Running:
    """A running provider, with its URL. Tests can inspect its state."""

    base_url: str
    provider: Provider


@asynccontextmanager
async def running_provider(provider: Provider | None = None, port: int = 0) -> AsyncIterator[Running]:
    """Run a provider on 127.0.0.1, by default on a free port."""
    state = provider or Provider()
    app = web.Application()
    app.add_routes(routes(state))
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield Running(f"http://127.0.0.1:{runner.addresses[0][1]}", state)
    finally:
        await runner.cleanup()


async def _metadata(provider: Provider, face: Face, request: web.Request) -> web.StreamResponse:
    return web.json_response(face.document())


async def _jwks(provider: Provider, face: Face, request: web.Request) -> web.StreamResponse:
    return web.json_response(provider.keys.document(face.key_issuer))


async def _ask(provider: Provider, face: Face, request: web.Request) -> web.StreamResponse:
    """The page on which the user picks an account. Errors in the request are shown on the page. They are never sent to
    the redirect URI (RFC 6749 §4.1).
    """
    try:
        provider.application(request.query)
    except Refused as refused:
        return web.Response(text=f"{face.code_prefix}{refused.number}: {refused}", status=400)
    buttons = "".join(
        f'<button name="account" value="{html.escape(account.upn)}">{html.escape(account.upn)}</button>'
        for account in provider.accounts
    )
    return web.Response(text=_PAGE.replace("{buttons}", buttons), content_type="text/html")


async def _answer(provider: Provider, face: Face, request: web.Request) -> web.StreamResponse:
    chosen = await request.post()
    asked = dict(request.query)
    if "cancel" in chosen:
        answer = {"error": "access_denied", "error_description": f"{face.code_prefix}65004: User declined to consent."}
    else:
        answer = {"code": provider.code(face, asked, str(chosen["account"]))}
    answer |= {"state": asked["state"]}
    return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(answer)}"})


async def _token(provider: Provider, face: Face, request: web.Request) -> web.StreamResponse:
    form: Mapping[str, str] = {name: str(value) for name, value in (await request.post()).items()}
    try:
        return web.json_response(provider.redeem(face, form))
    except Refused as refused:
        body = {
            "error": refused.error,
            "error_description": f"{face.code_prefix}{refused.number}: {refused}",
            "error_codes": [refused.number],
        }
        return web.json_response(body, status=401 if refused.error == "invalid_client" else 400)
