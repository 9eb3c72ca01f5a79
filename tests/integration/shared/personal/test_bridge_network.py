"""C3, E5: a Management Node is reached over TLS with a company's own certificate authority, and through a web proxy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shared.personal.bridge_failure import BridgeFailed
from tests.integration.shared.network import Authority, environment, running_proxy
from tests.integration.shared.personal.bridge_world import ALICE, BridgeWorld
from tests.support.management_node import running_node

NODE = "node.example.com"
"""A host name that only the proxy can resolve to the test's node."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@asynccontextmanager
async def deployed(
    authority: Authority, host: str = "localhost", *, expired: bool = False
) -> AsyncIterator[BridgeWorld]:
    """A deployment with a node that has a certificate for `host` and one of Alice's VMRs."""
    async with running_node(authority.server(host, expired=expired)) as node:
        await node.create("Alice", ALICE, "alice")
        world = BridgeWorld(node)
        yield world
        await world.nodes.close()


@pytest.mark.parametrize("disable_proxy", [False, True])
async def test_a_companys_own_certificate_authority_is_trusted_if_it_is_configured(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, disable_proxy: bool
) -> None:
    environment(monkeypatch, SSL_CERT_FILE=str(authority.file))
    async with deployed(authority) as world:
        integration = await world.integration(disable_proxy=disable_proxy)
        assert await world.names(integration) == ["Alice"]


async def test_the_token_endpoint_is_also_called_over_tls(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, SSL_CERT_FILE=str(authority.file))
    async with deployed(authority) as world:
        assert await world.names(await world.by_oauth()) == ["Alice"]
        assert len(world.node.tokens) == 1


@pytest.mark.parametrize(
    ("host", "expired", "trusted", "told"),
    [
        ("localhost", False, False, "local issuer"),
        ("other.example.com", False, True, "Hostname mismatch"),
        ("localhost", True, True, "expired"),
    ],
    ids=["an unknown authority", "another host's certificate", "an expired certificate"],
)
async def test_an_invalid_certificate_is_refused_and_reported_to_the_admin(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, expired: bool, trusted: bool,
    told: str,
) -> None:  # fmt: skip
    environment(monkeypatch, SSL_CERT_FILE=str((authority if trusted else Authority(tmp_path)).file))
    async with deployed(authority, host, expired=expired) as world:
        integration = await world.integration()
        with pytest.raises(BridgeFailed, match="cannot be loaded at the moment"):
            await world.names(integration)
        [cause] = await world.causes(integration)
        assert "certificate" in cause
        assert told in cause
        assert not world.node.asked, "no password is sent to a server without a valid certificate"


async def test_requests_go_through_the_web_proxy(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    async with deployed(authority, NODE) as world, running_proxy({NODE: world.node.port}) as proxy:
        environment(monkeypatch, SSL_CERT_FILE=str(authority.file), HTTPS_PROXY=proxy.url)
        world.node.url = f"https://{NODE}"
        for integration in (
            await world.integration(),
            await world.by_oauth(room_mailbox_email_address="b@example.com"),
        ):
            assert await world.names(integration) == ["Alice"]
        assert set(proxy.asked) == {NODE}


async def test_an_integration_can_bypass_the_web_proxy(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    async with deployed(authority) as world, running_proxy({}) as proxy:
        environment(monkeypatch, SSL_CERT_FILE=str(authority.file), HTTPS_PROXY=proxy.url)
        assert await world.names(await world.integration(disable_proxy=True)) == ["Alice"]
        assert not proxy.asked


async def test_hosts_excluded_by_the_environment_are_reached_without_the_proxy(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with deployed(authority) as world, running_proxy({}) as proxy:
        environment(monkeypatch, SSL_CERT_FILE=str(authority.file), HTTPS_PROXY=proxy.url, NO_PROXY="localhost")
        assert await world.names(await world.integration()) == ["Alice"]
        assert not proxy.asked


async def test_a_refusal_by_the_proxy_is_not_mistaken_for_one_by_the_node(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with deployed(authority) as world, running_proxy({}) as proxy:
        environment(monkeypatch, SSL_CERT_FILE=str(authority.file), HTTPS_PROXY=proxy.url)
        integration = await world.integration()
        with pytest.raises(BridgeFailed):
            await world.names(integration)
        [cause] = await world.causes(integration)
        assert "web proxy" in cause
        assert "disable_proxy" in cause
        changed = await world.integrations.update(integration.uuid, {"disable_proxy": True})
        assert await world.names(changed) == ["Alice"]
        assert await world.causes(changed) == []
