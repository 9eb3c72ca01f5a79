"""Connections to an Exchange server over real sockets: routes, sign-in methods and outages (E2, E5)."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from exchangelib.protocol import BaseProtocol, CachingProtocol

from shared.errors import RateLimited, Unavailable
from shared.mailboxes.ews import back_off, connection, server
from shared.mailboxes.ews.failures import Trouble
from shared.mailboxes.ews.server import EwsLogin
from tests.integration.shared.network import Authority, environment, running_proxy
from tests.support.ews_servers import PASSWORD, fixed, listening, look, opened, silent, trouble
from tests.support.exchange_world import ExchangeWorld

HOST = "mail.example.com"
"""A host name that only the proxy can resolve to the test's Exchange."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


async def calls(world: ExchangeWorld) -> int:
    """The number of authenticated requests that have reached EWS."""
    counted = (await world.http.get("/dev/requests")).json()["requests"]
    return sum(number for name, number in counted.items() if name.startswith("EWS"))


@pytest.mark.parametrize(("method", "secret"), [("basic", PASSWORD), ("NTLM", PASSWORD), ("", "local")])
async def test_every_sign_in_method_works(world: ExchangeWorld, method: str, secret: str) -> None:
    async with opened(world.running, method, secret) as reached:
        await look(reached)


@pytest.mark.parametrize("method", ["basic", "NTLM", ""])
async def test_a_wrong_password_is_reported(world: ExchangeWorld, method: str) -> None:
    async with opened(world.running, method, "wrong €") as reached:
        assert await trouble(reached) is Trouble.SIGN_IN


async def test_a_changed_password_takes_effect_immediately(world: ExchangeWorld) -> None:
    """exchangelib's own cache is keyed by server and account, so it would return connections with the old password."""
    async with opened(world.running) as before:
        await look(before)
        await world.http.patch("/dev/ews", json={"passwords": {"svc-vmr": "changed"}})
        async with opened(world.running, secret="changed") as after:
            await look(after)
    async with opened(world.running) as before:
        assert await trouble(before) is Trouble.SIGN_IN


async def test_a_connection_authenticated_with_one_password_does_not_serve_another(world: ExchangeWorld) -> None:
    """Integrations with the same account share its connections."""
    async with opened(world.running) as right:
        await look(right)
        wrong = EwsLogin(right.server, fixed("wrong"))
        assert await trouble(wrong) is Trouble.SIGN_IN
        await look(right)


async def test_an_access_token_is_renewed_on_an_open_connection(world: ExchangeWorld) -> None:
    tokens = ["local", "expired"]

    async def token() -> str:
        return tokens.pop(0)

    async with opened(world.running, "", token) as reached:
        await look(reached)
        assert await trouble(reached) is Trouble.SIGN_IN


async def test_ntlm_fails_behind_a_layer_7_load_balancer(world: ExchangeWorld) -> None:
    await world.http.patch("/dev/ews", json={"layer7_balancer": True})
    async with opened(world.running) as reached:
        assert await trouble(reached) is Trouble.SIGN_IN
    async with opened(world.running, "basic") as reached:
        await look(reached)


@pytest.mark.parametrize(
    ("address", "impersonate", "expected"),
    [
        ("carol@example.com", True, Trouble.IMPERSONATION),
        ("nobody@example.com", True, Trouble.NO_MAILBOX),
        ("carol@example.com", False, Trouble.ACCESS),
    ],
)
async def test_mailboxes_that_the_account_cannot_access_are_reported(
    world: ExchangeWorld, address: str, impersonate: bool, expected: Trouble
) -> None:
    async with opened(world.running) as reached:
        assert await trouble(reached, address, impersonate=impersonate) is expected


@pytest.mark.parametrize("path", ["/EWS/Exchange.asm", "/owa"])
async def test_a_wrong_url_is_reported(world: ExchangeWorld, path: str) -> None:
    async with opened(world.running, url=world.running.base_url + path) as reached:
        assert await trouble(reached) is Trouble.NOT_EWS


async def test_an_unreachable_server_is_reported(world: ExchangeWorld) -> None:
    async with opened(world.running, url="http://127.0.0.1:9/EWS/Exchange.asmx") as reached:
        assert await trouble(reached) is Trouble.UNREACHABLE
    async with opened(world.running, url="http://no-such-host.invalid/EWS/Exchange.asmx") as reached:
        assert await trouble(reached) is Trouble.NAME


class TestTls:
    async def test_a_companys_own_certificate_authority_is_trusted_if_it_is_configured(
        self, world: ExchangeWorld, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """This uses NTLM, which binds the sign-in to the server's certificate (extended protection)."""
        environment(monkeypatch, SSL_CERT_FILE=str(authority.file))
        async with front(world, authority.server("localhost")) as url, opened(world.running, url=url) as reached:
            await look(reached)

    @pytest.mark.parametrize(
        ("host", "expired", "trusted"),
        [("localhost", False, False), ("other.example.com", False, True), ("localhost", True, True)],
        ids=["an unknown authority", "another host's certificate", "an expired certificate"],
    )
    async def test_other_certificates_are_not_trusted(
        self,
        world: ExchangeWorld,
        authority: Authority,
        monkeypatch: pytest.MonkeyPatch,
        host: str,
        expired: bool,
        trusted: bool,
    ) -> None:
        environment(monkeypatch, **({"SSL_CERT_FILE": str(authority.file)} if trusted else {}))
        async with (
            front(world, authority.server(host, expired=expired)) as url,
            opened(world.running, url=url) as reached,
        ):
            assert await trouble(reached) is Trouble.CERTIFICATE


class TestProxy:
    async def test_a_server_is_reached_over_tls_through_a_web_proxy(
        self, world: ExchangeWorld, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment(monkeypatch, SSL_CERT_FILE=str(authority.file))
        async with (
            front(world, authority.server(HOST)) as behind,
            running_proxy({HOST: urlsplit(behind).port or 0}) as proxy,
            opened(world.running, url=f"https://{HOST}/EWS/Exchange.asmx", proxy=proxy.url) as reached,
        ):
            await look(reached)
            assert set(proxy.asked) == {HOST}

    async def test_proxies_from_the_environment_are_ignored(
        self, world: ExchangeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With disable_proxy, requests bypass the proxy that is set in the environment (E5). Nothing else in this
        process uses that host name, so a functions host running alongside can still reach its storage through the
        proxy.
        """
        url = world.running.ews_url.replace("127.0.0.1", "localhost")
        async with running_proxy({}) as proxy, opened(world.running, url=url) as reached:
            environment(monkeypatch, HTTP_PROXY=proxy.url, ALL_PROXY=proxy.url)
            await look(reached)
            assert "localhost" not in proxy.asked

    async def test_a_proxy_that_refuses_is_reported(self, world: ExchangeWorld) -> None:
        url = "https://elsewhere.example.com/EWS/Exchange.asmx"
        async with running_proxy({}) as proxy, opened(world.running, url=url, proxy=proxy.url) as reached:
            assert await trouble(reached) is Trouble.PROXY


class TestTimeLimits:
    async def test_calls_to_a_silent_server_are_abandoned_and_delay_no_other_server(
        self, world: ExchangeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection.Line, "TIMEOUT", (5.0, 1.5))
        async with silent() as url, opened(world.running, url=url) as dead, opened(world.running) as alive:
            waiting = [asyncio.create_task(trouble(dead)) for _ in range(8)]
            await asyncio.sleep(0)
            started = time.monotonic()
            await look(alive)
            assert time.monotonic() - started < 1.5
            assert set(await asyncio.gather(*waiting[:4])) == {Trouble.SILENT}
            await asyncio.gather(*waiting[4:], return_exceptions=True)

    async def test_callers_wait_no_longer_than_the_limit(
        self, world: ExchangeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The limit applies whatever exchangelib is doing."""
        monkeypatch.setattr(server, "EWS_CALL_TIMEOUT", timedelta(milliseconds=200))
        monkeypatch.setattr(connection.Line, "TIMEOUT", (5.0, 1.0))
        async with silent() as url, opened(world.running, url=url) as dead:
            assert await trouble(dead) is Trouble.SILENT

    async def test_a_server_that_is_down_is_not_called_for_a_while(
        self, world: ExchangeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with opened(world.running, url="http://127.0.0.1:9/EWS/Exchange.asmx") as down:
            for _ in range(back_off.DOWN_AFTER):
                assert await trouble(down) is Trouble.UNREACHABLE
            with pytest.raises(RateLimited) as caught:
                await look(down)
            assert caught.value.retry_after <= back_off.DOWN_PAUSE.total_seconds()
            await pass_time(world, back_off.DOWN_PAUSE)
            assert await trouble(down) is Trouble.UNREACHABLE

    async def test_a_busy_server_is_not_called_until_its_requested_wait_has_passed(self, world: ExchangeWorld) -> None:
        await world.fault(on="EWS", action="server_busy", back_off_ms=61_500)
        async with opened(world.running) as busy:
            with pytest.raises(RateLimited) as caught:
                await look(busy)
            assert caught.value.retry_after == 61.5
            asked = await calls(world)
            with pytest.raises(RateLimited):
                await look(busy)
            assert await calls(world) == asked, "the server was not called during the wait"
            await pass_time(world, timedelta(seconds=62))
            await look(busy)

    async def test_calls_take_turns_if_there_are_more_calls_than_connections(self, world: ExchangeWorld) -> None:
        async with opened(world.running) as reached:
            await asyncio.gather(*(look(reached) for _ in range(20)))


async def test_the_process_wide_state_of_exchangelib_stays_unchanged(world: ExchangeWorld) -> None:
    before = BaseProtocol.TIMEOUT, BaseProtocol.USERAGENT, BaseProtocol.HTTP_ADAPTER_CLS
    async with opened(world.running) as reached:
        await look(reached)
    assert before == (BaseProtocol.TIMEOUT, BaseProtocol.USERAGENT, BaseProtocol.HTTP_ADAPTER_CLS)
    assert CachingProtocol._protocol_cache == {}


async def test_without_a_secret_the_server_is_not_called(world: ExchangeWorld) -> None:
    async def missing() -> str:
        raise Unavailable("The secret store does not respond.")

    async with opened(world.running, secret=missing) as reached:
        with pytest.raises(Unavailable, match="secret store"):
            await look(reached)
    assert await calls(world) == 0


async def pass_time(world: ExchangeWorld, by: timedelta) -> None:
    await world.post("/dev/clock", {"now": (world.exchange.clock.now() + by).isoformat()})


@asynccontextmanager
async def front(world: ExchangeWorld, context: ssl.SSLContext) -> AsyncIterator[str]:
    """Put a TLS proxy in front of the simulated Exchange, with one upstream connection per client, and return the EWS
    URL.
    """
    port = urlsplit(world.running.base_url).port

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(carry(reader, behind[1]), carry(behind[0], writer))

    async with listening(serve, context) as there:
        yield f"https://localhost:{there}/EWS/Exchange.asmx"


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except (ConnectionError, ssl.SSLError):
        pass
    writer.close()
