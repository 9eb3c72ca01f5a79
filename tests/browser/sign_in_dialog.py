"""The sign-in dialog of a deployment with an identity provider."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import Page

from dev.environment import Addresses
from dev.provider.registry import ADFS_APP, ENTRA_APP, ENTRA_SECRET, RESOURCE, TENANT
from tests.browser.outlook import ADDIN, Outlook
from tests.browser.personal import sign_in
from tests.browser.single_use import AGENDA

CONNECTORS = "/api/admin/configuration/v1/ms_exchange_connector/"
NO_TOKEN = {"identityToken": {"code": 9018}}
PROVIDERS = ["AZURE", "ADFS"]


class Deployment:
    """The stack with additional integrations, whose provider and redirect URI the browser can reach."""

    def __init__(self, outlook: Outlook, stack: Addresses, admin: httpx.AsyncClient) -> None:
        self.outlook = outlook
        self.stack = stack
        self.admin = admin

    async def integration(self, provider: str = "AZURE", **changes: Any) -> Mapping[str, Any]:
        """Create an integration whose users sign in at this provider."""
        root = self.stack.exchange + (f"/{TENANT}/oauth2/v2.0" if provider == "AZURE" else "/adfs/oauth2")
        uuid = str(uuid4())
        fields = {
            "uuid": uuid,
            "name": f"Sign-in {uuid}",
            "addin_server_domain": ADDIN,
            "authentication_method": "GRAPH",
            "room_mailbox_name": "VMR",
            "room_mailbox_email_address": f"{uuid}@example.com",
            "scheduled_alias_prefix": "meet",
            "scheduled_alias_domain": "example.com",
            "domains": [{"domain": f"{self.stack.exchange}/autodiscover/metadata/json/1"}],
            "auth_provider": provider,
            "personal_vmr_oauth_auth_endpoint": f"{root}/authorize",
            "personal_vmr_oauth_token_endpoint": f"{root}/token",
            "personal_vmr_oauth_client_id": ENTRA_APP if provider == "AZURE" else ADFS_APP,
            "personal_vmr_oauth_client_secret": ENTRA_SECRET,
            "personal_vmr_adfs_relying_party_trust_identifier": RESOURCE,
            **changes,
        }
        answer = await self.admin.post(CONNECTORS, json=fields)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def open(self, integration: Mapping[str, Any], **more: Any) -> None:
        """Open a meeting with the integration's pane."""
        url = f"https://{ADDIN}/addin/{integration['uuid']}/pane"
        await self.outlook.open({"body": AGENDA}, url=url, **more)

    async def dialog(self) -> Page:
        """Click "Sign In". Returns the dialog once it shows the provider's page."""
        dialog = await sign_in(self.outlook)
        await dialog.get_by_role("heading", name="Pick an account").wait_for()
        return dialog

    async def sign_in(self) -> None:
        """Click "Sign In", sign in as Alice, and wait until the pane has continued with the original action."""
        dialog = await self.dialog()
        async with dialog.expect_event("close"):
            await dialog.get_by_role("button", name="alice@example.com").click()
        await self.outlook.settled()
