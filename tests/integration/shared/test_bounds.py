"""Every client in the product limits what it reads, even from a server whose responses cost as much as possible."""

from __future__ import annotations

import ast
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import httpx
import pytest

from shared.bounded_http import Bounds
from shared.errors import Unavailable
from shared.identity import documents
from shared.identity.documents import JsonDocuments
from shared.mailboxes.graph import client as graph
from shared.mailboxes.graph.client import GraphClient
from shared.mailboxes.graph.error_mapping import GraphError
from shared.management_node import client as node_client
from shared.management_node.allowance import Unlimited
from shared.management_node.client import NodeClient
from shared.management_node.tokens import NodeOAuth
from shared.personal.node_vmrs import vmrs_of_owner
from tests.fakes.clock import FakeClock
from tests.integration.shared.hostile import running_hostile
from tests.support import ROOT
from tests.support.graph_server import FixedTokens
from tests.support.management_node import Node

WAYS = ("bomb", "deep", "endless", "trickle", "silent")
SECONDS = 0.3
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Closable(Protocol):
    """An object that holds connections."""

    async def close(self) -> None:
        """Release them."""


Client = TypeVar("Client", bound=Closable)


@asynccontextmanager
async def closing(client: Client) -> AsyncIterator[Client]:
    try:
        yield client
    finally:
        await client.close()


async def fetches(url: str) -> None:
    async with closing(JsonDocuments(use_proxy=False)) as client:
        await client.fetch(f"{url}/keys")


async def posts(url: str) -> None:
    async with closing(JsonDocuments(use_proxy=False)) as client:
        await client.post(f"{url}/token", {"grant_type": "authorization_code"})


async def reads_graph(url: str) -> None:
    async with closing(GraphClient(f"{url}/v1.0", FixedTokens(), use_proxy=False)) as client:
        await client.get("/users/room@example.com/messages")


async def writes_graph(url: str) -> None:
    async with closing(GraphClient(f"{url}/v1.0", FixedTokens(), use_proxy=False)) as client:
        await client.post("/users/room@example.com/sendMail", {})


async def asks_node(url: str) -> None:
    await lists(url, httpx.BasicAuth("api", "secret"))


async def asks_node_for_token(url: str) -> None:
    await lists(url, NodeOAuth(url, "client", Node().private_key, FakeClock(NOW)))


async def lists(url: str, auth: httpx.Auth) -> None:
    async with closing(NodeClient(url, auth, Unlimited(), use_proxy=False)) as client:
        await vmrs_of_owner(client, "alice@example.com")


async def writes_to_node(url: str) -> None:
    async with closing(NodeClient(url, httpx.BasicAuth("api", "secret"), Unlimited(), use_proxy=False)) as client:
        await client.post("/api/admin/configuration/v1/conference/", {"name": "Room"})


CLIENTS: dict[str, tuple[Callable[[str], Awaitable[None]], ...]] = {
    "shared/identity/documents.py": (fetches, posts),
    "shared/mailboxes/graph/client.py": (reads_graph, writes_graph),
    "shared/management_node/client.py": (asks_node, asks_node_for_token, writes_to_node),
}
"""The modules that create bounded clients, with the kinds of calls that each makes."""

ELSEWHERE = {
    "shared/operations/files.py": "the deployment's own storage account, by Azure's SDK",
    "shared/bounded_http.py": "creates the bounded clients",
    "shared/bounded_network.py": "the network layer below the bounded clients",
    "shared/mailboxes/ews/connection.py": "exchangelib uses requests, with separate bounds and tests",
    "shared/mailboxes/ews/bounded.py": "the same: tests/integration/shared/mailboxes/ews/test_limits.py",
    "shared/cli/connection.py": "an admin's own process calls a deployment that the admin has chosen",
    "shared/operations/doctor/server.py": "makes one TLS handshake, and reads nothing",
    "shared/azure_storage.py": "the deployment's own storage account, by Azure's SDK",
    "shared/secrets/vault.py": "the deployment's own Key Vault, by Azure's SDK",
    "shared/managed_identity.py": "the platform's own identity endpoint, by Azure's SDK",
    "shared/mailboxes/graph/credentials.py": "the sign-in service of Microsoft's cloud, by Azure's SDK",
}
"""The other modules that use the network, and why each needs no bounded client."""

OPENERS = {
    *("httpx.AsyncClient", "httpx.Client", "httpx.AsyncHTTPTransport", "httpx.HTTPTransport"),
    *("httpx.get", "httpx.post", "httpx.request", "httpx.stream"),
    *("asyncio.open_connection", "asyncio.create_connection", "socket.create_connection", "socket.socket"),
}
LIBRARIES = (
    *("aiohttp", "urllib3", "requests", "http.client", "urllib.request", "smtplib", "msal"),
    *("azure.identity", "azure.keyvault", "azure.data", "azure.storage", "msrest"),
)
ERRORS_ONLY = {"shared/mailboxes/ews/error_mapping.py", "shared/mailboxes/ews/failures.py", "shared/proxy.py"}
"""Modules that only use a library's errors or its functions for reading the environment. They open no connection."""


def calls(tree: ast.AST) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def libraries(tree: ast.AST) -> set[str]:
    """Modules that are imported and used for more than annotations and errors."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not all("Error" in alias.name for alias in node.names):
            names.add(node.module or "")
    return {name for name in names if any(name == each or name.startswith(f"{each}.") for each in LIBRARIES)}


def test_no_client_bypasses_the_bounds() -> None:
    opening, bounded = set(), set()
    for file in [*sorted((ROOT / "shared").rglob("*.py")), *sorted((ROOT / "functions").rglob("*.py"))]:
        tree, name = ast.parse(file.read_text()), str(file.relative_to(ROOT))
        if calls(tree) & {"bounded_client", "bounded_transport"}:
            bounded.add(name)
        if (calls(tree) & OPENERS and name not in CLIENTS) or libraries(tree):
            opening.add(name)
    assert bounded == CLIENTS.keys(), "add the client's calls to CLIENTS, which are tested with a hostile server"
    assert opening - ERRORS_ONLY == ELSEWHERE.keys(), "use shared/bounded_http.py, or give a reason in ELSEWHERE"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("ask", [ask for asks in CLIENTS.values() for ask in asks], ids=lambda ask: ask.__name__)
async def test_a_hostile_server_is_abandoned(
    ask: Callable[[str], Awaitable[None]], way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hasty(bounds: Bounds) -> Bounds:
        return replace(bounds, seconds=SECONDS) if way in ("trickle", "silent") else bounds

    monkeypatch.setattr(graph, "GRAPH_BOUNDS", hasty(graph.GRAPH_BOUNDS))
    monkeypatch.setattr(node_client, "NODE_BOUNDS", hasty(node_client.NODE_BOUNDS))
    if way in ("trickle", "silent"):
        monkeypatch.setattr(documents, "FETCH_TIMEOUT", SECONDS)
    async with running_hostile(way) as hostile:
        tracemalloc.start()
        with pytest.raises((Unavailable, GraphError)):
            await ask(hostile.url)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 120_000_000, "the 200 MB were not decompressed"
        assert hostile.sent < 60_000_000  # socket buffers contain a little more
