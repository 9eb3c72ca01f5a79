"""The product's sign-in, with the OpenID provider over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from dev.provider.app import Running, running_provider
from dev.provider.provider import Provider
from dev.provider.registry import ADFS_APP, ENTRA_APP, ENTRA_SECRET, RESOURCE, SERVICE_APP, TENANT
from shared.composition import Services
from shared.identity.sign_in.state_cookie import s256
from shared.integrations import Integration
from shared.settings import Settings, StorageAccount
from tests.fakes.clock import FakeClock
from tests.fakes.end_users import MemoryEndUsers

VERIFIER = "pane-verifier-" + "x" * 40
KEY = b"a signing key of the tests, long enough"
PUBLIC = "http://127.0.0.1:7071"


class Connections:
    """A replacement for the timers. It only records which integrations' connections are tested."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    async def connect(self, uuid: str) -> None:
        self.tried.append(uuid)


class SignInWorld:
    """The product's parts, a provider, and a browser that handles cookies like a real one."""

    def __init__(self, running: Running, http: httpx.AsyncClient, clock: FakeClock) -> None:
        settings = Settings(StorageAccount("none"), PUBLIC, KEY)
        self.clock = clock
        self.storage = MemoryStorage()
        self.services = Services(settings, self.storage, MemorySecrets(), clock)
        self.users = MemoryEndUsers()
        # Two parts of the product are replaced: another module's records, and connections to Exchange.
        self.services.identity.__dict__["end_users"] = self.users
        self.connections = Connections()
        self.services.scheduling.__dict__["timers"] = self.connections
        self.base = running.base_url
        self.provider = running.provider
        self.http = http
        self.cookies: dict[str, str] = {}

    @property
    def sign_in(self) -> Any:
        return self.services.identity.sign_in

    async def azure(self, **changes: Any) -> Integration:
        at = f"{self.base}/{TENANT}/oauth2/v2.0"
        fields = {
            "auth_provider": "AZURE",
            "personal_vmr_oauth_client_id": ENTRA_APP,
            "personal_vmr_oauth_client_secret": ENTRA_SECRET,
        }
        return await self._integration(fields | _endpoints(at) | changes)

    async def adfs(self, **changes: Any) -> Integration:
        fields = {
            "auth_provider": "ADFS",
            "personal_vmr_oauth_client_id": ADFS_APP,
            "personal_vmr_adfs_relying_party_trust_identifier": RESOURCE,
        }
        return await self._integration(fields | _endpoints(f"{self.base}/adfs/oauth2") | changes)

    async def oauth(self, **changes: Any) -> Integration:
        at = f"{self.base}/{TENANT}/oauth2"
        fields = {
            "authentication_method": "OAUTH",
            "username": "service@example.com",
            "url": "https://outlook.office365.com/EWS/Exchange.asmx",
            "oauth_client_id": SERVICE_APP,
            "oauth_redirect_uri": f"{PUBLIC}/service-account/oauth_redirect",
            "oauth_auth_endpoint": f"{at}/authorize",
            "oauth_token_endpoint": f"{at}/token",
            "enable_dynamic_vmrs": True,
        }
        return await self._integration(fields | changes)

    async def start(self, integration: Integration, verifier: str = VERIFIER) -> str:
        """Open the dialog, and return the provider's URL that it is redirected to."""
        url, cookie = await self.sign_in.start(integration.uuid, s256(verifier))
        name, _, value = cookie.partition(";")[0].partition("=")
        self.cookies[name] = value
        return str(url)

    async def at_provider(self, url: str, account: str = "alice@example.com", **form: str) -> dict[str, str]:
        """Do what a person does on the provider's page, and return the query that the browser is sent back with."""
        page = await self.http.get(url)
        assert page.status_code == 200, page.text
        answer = await self.http.post(url, data=form or {"account": account})
        return {name: value for name, [value] in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    async def callback(self, answer: dict[str, str]) -> str:
        """Finish the sign-in, and return the one-time code that the dialog receives."""
        _, code = await self.sign_in.finish(answer, self.cookie)
        return str(code)

    async def code(self, integration: Integration, account: str = "alice@example.com") -> str:
        """Open the dialog, sign in, and return the one-time code."""
        return await self.callback(await self.at_provider(await self.start(integration), account))

    async def session(self, integration: Integration, account: str = "alice@example.com", token: str = "") -> str:
        """Sign in, and return the session's token."""
        code = await self.code(integration, account)
        return str(await self.sign_in.redeem(integration.uuid, code, VERIFIER, token))

    @property
    def cookie(self) -> str:
        """The browser's Cookie header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def _integration(self, fields: dict[str, Any]) -> Integration:
        others = await self.services.foundation.integrations.list()
        basics = {
            "name": f"Integration {len(others)}",
            "addin_server_domain": "vmr.example.com",
            "scheduled_alias_prefix": "meet",
            "scheduled_alias_domain": "example.com",
            "room_mailbox_name": "Rooms",
            "room_mailbox_email_address": f"vmr{len(others)}@example.com",
            "authentication_method": "GRAPH",
            "domains": [{"domain": f"{self.base}/autodiscover/metadata/json/1"}],
        }
        return await self.services.foundation.integrations.create(basics | fields)


@asynccontextmanager
async def a_world() -> AsyncIterator[SignInWorld]:
    """A new world."""
    clock = FakeClock()
    async with running_provider(Provider(clock.now)) as running, httpx.AsyncClient(trust_env=False) as http:
        world = SignInWorld(running, http, clock)
        yield world
        await world.services.close()


def query(url: str) -> dict[str, str]:
    """A URL's parameters, each of which must occur exactly once."""
    return {name: value for name, [value] in parse_qs(urlsplit(url).query, strict_parsing=True).items()}


def changed(url: str, **parameters: str) -> str:
    """A URL with different parameters."""
    return f"{url.partition('?')[0]}?{urlencode(query(url) | parameters)}"


def _endpoints(at: str) -> dict[str, str]:
    return {"personal_vmr_oauth_auth_endpoint": f"{at}/authorize", "personal_vmr_oauth_token_endpoint": f"{at}/token"}
