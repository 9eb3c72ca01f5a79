"""Drives the web console in a browser, as an admin does. Its fixtures (`admin`, `api`, `corp`) are in conftest.py."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from playwright.async_api import BrowserContext, Page, expect

from dev.environment import INTEGRATION, MANAGEMENT, Addresses
from tests.browser.stack import now
from tests.browser.timeouts import hanging
from tests.support import eventually

CONNECTORS = "/api/admin/configuration/v1/ms_exchange_connector/"
VIEWS = ["", "integrations", "integrations/1", "integrations/new", "meetings", "changes", "people"]
"""The URL fragments of the console's views that exist on a fresh stack."""

HOSTILE = "<img src=x onerror=alert(1)>\u202e\"'{{7*7}}"
LOOKS: dict[str, dict[str, Any]] = {
    "narrow": {"viewport": {"width": 320, "height": 700}},
    "narrow dark": {"viewport": {"width": 360, "height": 700}, "color_scheme": "dark"},
    "wide": {"viewport": {"width": 1280, "height": 900}},
    "wide dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "forced colours": {"viewport": {"width": 1280, "height": 900}, "forced_colors": "active"},
}
"""Browser context options, keyed by what they represent. Each page has to work with all of them."""


class Admin:
    """An admin's browser."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def sign_in(self, path: str = "") -> None:
        """Open a view of the console as the local stack's admin."""
        await self.page.goto(f"{self.url}/console#/{path}")
        user, password = MANAGEMENT
        await self.page.get_by_label("User name").fill(user)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.settled()

    async def show(self, path: str) -> None:
        """Another view."""
        await self.page.evaluate("path => { location.hash = '#/' + path; }", path)
        await self.settled()

    async def settled(self) -> None:
        """Wait until the view is rendered, with everything that it has requested."""
        await expect(self.page.locator("main h1")).to_be_visible()
        await expect(self.page.locator(".loading")).to_have_count(0)


@asynccontextmanager
async def made_integration(
    api: httpx.AsyncClient, name: str, mailbox: str, prefix: str
) -> AsyncIterator[dict[str, Any]]:
    """Create an integration for one test, and delete it at the end. Returns it as the management API shows it."""
    fields = {
        "name": name, "authentication_method": "GRAPH", "addin_server_domain": "join.example.com",
        "room_mailbox_name": "VMR", "room_mailbox_email_address": mailbox, "scheduled_alias_prefix": prefix,
        "scheduled_alias_domain": "example.com", "domains": ["mail.example.com"],
    }  # fmt: skip
    made = await api.post(CONNECTORS, json=fields)
    assert made.status_code == 201, made.text
    try:
        yield made.json()
    finally:
        await api.delete(f"{CONNECTORS}{made.json()['id']}/?force=true")


async def book(stack: Addresses, api: httpx.AsyncClient, subject: str) -> None:
    """Book a meeting with a room, organized by Alice, for tomorrow by the stack's clock."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        token = (await client.post(f"{stack.exchange}/dev/identity-token", json={"user": "alice@example.com"})).json()
        path = f"/api/client/v2/msexchange_schedulers/{INTEGRATION}/meeting_details"
        details = (await client.get(f"{stack.functions}{path}", headers={"token": token["token"]})).json()["result"]
        start = await now(stack) + timedelta(days=1)
        meeting = {
            "organizer": "alice@example.com", "subject": subject, "start": f"{start:%Y-%m-%dT%H:00:00}",
            "end": f"{start + timedelta(hours=1):%Y-%m-%dT%H:00:00}", "time_zone": "UTC",
            "body_html": details["instructions"], "attendees": ["vmr@example.com"],
        }  # fmt: skip
        (await api.post("/dev/run/renew")).raise_for_status()  # without a subscription, only the next sweep finds it
        (await client.post(f"{stack.exchange}/dev/meetings", json=meeting)).raise_for_status()

        async def found() -> Any:
            return (await api.get("/api/admin/status/v1/meeting/", params={"text": details["alias"]})).json()["objects"]

        await eventually(found, "the meeting is booked", hanging() / 1000)
