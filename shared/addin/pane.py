"""The add-in's own routes: page, configuration, files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from shared import __version__
from shared.addin.bundle import LAUNCH, Bundle, load
from shared.addin.config import config, identity_origins, offer
from shared.addin.page import commands, data_block, page, preview
from shared.aliases.people import addresses_in
from shared.aliases.promises import Promises
from shared.errors import NotFound
from shared.identity.addin_users import AddInUsers
from shared.integrations import Integration, IntegrationStore
from shared.templates import html_to_text, render
from shared.web import sources
from shared.web.assets import Asset
from shared.web.headers import COMMON, framed_by, page_headers, policy

FOLDER = Path(__file__).resolve().parent.parent.parent / "addin"

AddressesOf = Callable[[str], Awaitable[tuple[str, ...]]]

_TAG = '<div style="font-size:9.0pt; color:#595959; font-family:Calibri,Arial,Helvetica,sans-serif;">{}</div>'


class Pane:
    """The task pane of every integration. `local` is true for a local stack, whose own pages may embed the task pane.

    `addresses` returns the equipment mailbox's known addresses for an integration's uuid
    (shared/intake/mailbox_addresses.py).
    """

    def __init__(
        self,
        integrations: IntegrationStore,
        users: AddInUsers,
        promises: Promises,
        addresses: AddressesOf,
        *,
        local: bool = False,
    ) -> None:
        self._integrations = integrations
        self._users = users
        self._promises = promises
        self._addresses = addresses
        self._local = local

    @cached_property
    def bundle(self) -> Bundle:
        """The task pane's files, read once."""
        return load(FOLDER)

    async def page(self, uuid: str) -> tuple[str, dict[str, str]]:
        """The task pane's HTML and its headers. Raises NotFound."""
        integration, told = await self._told(uuid)
        html = page(self.bundle, sources.scripts(integration), told)
        return html, page_headers(integration, identity_origins(integration), ["'self'"] if self._local else [])

    async def preview(self, uuid: str) -> tuple[str, dict[str, str]]:
        """The task pane in each of its states, for the console (W6), and its headers. Raises NotFound.

        It is only for admins to look at: it sends no requests, and only our own pages may frame it.
        """
        integration, told = await self._told(uuid)
        security = framed_by(policy(integration), "'self'")
        return preview(self.bundle, told), {**COMMON, "Content-Security-Policy": security}

    async def commands(self, uuid: str) -> tuple[str, dict[str, str]]:
        """The page for commands and its headers. Raises NotFound, including when the manifest has no commands."""
        integration, told = await self._told(uuid)
        if not (integration.enable_addin_mobile_command or integration.enable_addin_auto_open):
            raise NotFound("This add-in has no commands that work without a task pane.")
        launch = f"/addin/{integration.uuid}/{LAUNCH}" if integration.enable_addin_auto_open else ""
        html = commands(self.bundle, sources.scripts(integration), launch, told)
        return html, page_headers(integration, identity_origins(integration), ["'self'"] if self._local else [])

    async def launch(self, uuid: str) -> bytes:
        """The event script, with the text of the notification above new meetings.

        Raises NotFound if that notification is off.
        """
        integration = await self._integrations.cached(uuid)
        if not integration.enable_addin_auto_open:
            raise NotFound("This add-in does not offer itself in new meetings.")
        return f"const OFFER = {data_block(offer(integration))};\n{self.bundle.launch}".encode()

    async def config(self, uuid: str, token: str, mailboxes: str = "") -> dict[str, Any]:
        """The configuration and, for an authenticated user, a placeholder that contains a promise (A6).

        `mailboxes` is the header X-Mailboxes (shared/aliases/people.py).

        Raises NotFound, and NotAuthenticated or Unavailable if there is a token that does not authenticate a user.
        """
        integration, answer = await self._told(uuid)
        if token:
            caller = await self._users.identify(integration, token)
            if integration.enable_dynamic_vmrs:
                caller = replace(caller, mailboxes=addresses_in(mailboxes))
                answer["placeholder"] = placeholder(integration, self._promises.make(integration.uuid, caller))
        return answer

    def asset(self, name: str) -> Asset:
        """The bundle's file that is served under this name. Raises NotFound."""
        found = self.bundle.assets.get(name)
        if found is None:
            raise NotFound("The add-in has no such file in its current version. Close and reopen the add-in.")
        return found

    async def _told(self, uuid: str) -> tuple[Integration, dict[str, Any]]:
        """An integration and its configuration: settings and addresses are read concurrently. Raises NotFound."""
        integration, addresses = await asyncio.gather(self._integrations.cached(uuid), self._addresses(uuid))
        return integration, config(integration, f"{__version__}+{self.bundle.hash}", addresses)


def placeholder(integration: Integration, promise: str) -> dict[str, str]:
    """The text for the meeting if no alias is available (X4): the admin's text and the promise.

    The promise is visible, because hidden text would not survive: clients and gateways drop text that they do not show.
    """
    text = render("placeholder_instructions_template", integration.placeholder_instructions_template, {})
    html = text + _TAG.format(promise)
    return {"html": html, "text": html_to_text(html)}
