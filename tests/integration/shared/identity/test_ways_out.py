"""E5: requests that verify identities go through the web proxy, unless the integration bypasses it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from shared.errors import Unavailable
from shared.identity.documents import JsonDocuments
from shared.integrations import Integration
from tests.integration.shared.network import Authority, environment, running_proxy
from tests.support.sign_in_world import SignInWorld

Make = Callable[..., Awaitable[Integration]]


def provider_of(world: SignInWorld) -> str:
    """The provider's host and port."""
    return urlsplit(world.base).netloc


async def outcome(world: SignInWorld, make: Make, **changes: object) -> str | None:
    """Sign in, and return the error code, or None on success."""
    try:
        assert await world.code(await make(world, **changes))
    except Unavailable as error:
        return error.code
    return None


@pytest.mark.parametrize("make", [SignInWorld.azure, SignInWorld.adfs], ids=["Azure", "AD FS"])
async def test_a_sign_in_goes_through_the_proxy_or_bypasses_it(
    world: SignInWorld, monkeypatch: pytest.MonkeyPatch, make: Make
) -> None:
    port = urlsplit(world.base).port or 0
    async with running_proxy({"127.0.0.1": port}) as proxy:
        environment(monkeypatch, HTTP_PROXY=proxy.url)
        assert await outcome(world, make) is None
        asked = proxy.places.count(provider_of(world))
        assert asked
        assert await outcome(world, make, disable_proxy=True) is None
        assert proxy.places.count(provider_of(world)) == asked, "tokens, metadata and keys bypass the proxy"


async def test_integrations_with_and_without_the_proxy_work_side_by_side(
    world: SignInWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys fetched without the proxy are not reused for an integration that uses the proxy."""
    async with running_proxy({}) as proxy:
        environment(monkeypatch, HTTP_PROXY=proxy.url)
        assert await outcome(world, SignInWorld.azure, disable_proxy=True) is None
        assert await outcome(world, SignInWorld.azure) == "unavailable"
        assert proxy.places.count(provider_of(world)) == 1


async def test_requests_for_the_service_accounts_token_can_bypass_the_proxy_too(
    world: SignInWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_proxy({}) as proxy:
        environment(monkeypatch, HTTP_PROXY=proxy.url)
        integration = await world.oauth(disable_proxy=True)
        link = await world.services.administration.service_accounts.start(integration.uuid)
        await world.services.administration.service_accounts.finish(
            await world.at_provider(link.url, "service@example.com")
        )
        assert await world.services.identity.service_tokens.token(integration.uuid)
        assert provider_of(world) not in proxy.places


@pytest.mark.parametrize("use_proxy", [True, False])
async def test_a_companys_own_certificate_authority_is_trusted_if_it_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use_proxy: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """An AD FS server inside a company has a certificate from the company's own authority."""
    authority = Authority(tmp_path)

    async def keys(request: web.Request) -> web.Response:
        return web.json_response({"keys": []})

    app = web.Application()
    app.add_routes([web.get("/adfs/discovery/keys", keys)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.server("localhost")).start()
    url = f"https://localhost:{runner.addresses[0][1]}/adfs/discovery/keys"
    environment(monkeypatch)
    stranger = JsonDocuments(use_proxy=use_proxy)
    with pytest.raises(Unavailable):
        await stranger.fetch(url)
    assert "its certificate is not trusted" in caplog.text
    assert "/adfs/discovery" not in caplog.text
    environment(monkeypatch, SSL_CERT_FILE=str(authority.file))
    documents = JsonDocuments(use_proxy=use_proxy)
    assert await documents.fetch(url) == {"keys": []}
    for each in (stranger, documents):
        await each.close()
    await runner.cleanup()
