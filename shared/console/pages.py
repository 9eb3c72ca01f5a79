"""The console's routes: its one page, its files, and the sign-in configuration (W1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from shared import __version__
from shared.errors import NotFound
from shared.settings import EntraApp
from shared.web.assets import VENDOR, Asset, Assets, assets

FOLDER = Path(__file__).parents[2] / "console"
ROUTE = "/console/assets/"
PAGE = "console.html"
_ENTRA = "https://login.microsoftonline.com"


class Console:
    """A deployment's console. Admins sign in with Entra if `app` is given, otherwise with a user name and password."""

    def __init__(self, app: EntraApp | None) -> None:
        self._app = app

    @cached_property
    def _files(self) -> Assets:
        files = [path for place in (".", "src", VENDOR) for path in sorted((FOLDER / place).glob("*.*"))]
        return assets(ROUTE, [path for path in files if path.suffix in (".js", ".css")], {PAGE: self._source})

    @cached_property
    def _source(self) -> str:
        return (FOLDER / PAGE).read_text("utf-8")

    def page(self) -> tuple[str, Mapping[str, str]]:
        """The page's HTML, and its headers: only our own scripts and styles are allowed, and no other page may frame
        it.
        """
        modules = [self._files.url(path.name) for path in sorted(FOLDER.glob("src/*.js"))]
        library = self._files.url("htm-preact.js")
        head = [f'<link rel="modulepreload" href="{url}">' for url in (library, *modules)]
        sheets = [self._files.url(path.name) for path in sorted(FOLDER.glob("*.css"))]
        head += [f'<link rel="stylesheet" href="{url}">' for url in sheets]
        main = f'<script type="module" src="{self._files.url("main.js")}"></script>\n{self._embedded}'
        html = self._source.replace("<!-- head -->", "\n".join(head)).replace("<!-- main -->", main)
        return html, {
            "Content-Security-Policy": self._policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin-allow-popups",  # Entra's sign-in uses a frame
        }

    @property
    def _embedded(self) -> str:
        """Files that the page needs before it can show anything."""
        config = json.dumps(self.config()).replace("<", r"\u003c")
        return f'<script type="application/json" id="config">{config}</script>'

    @property
    def _policy(self) -> str:
        entra = f" {_ENTRA}" if self._app else ""
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            f"connect-src 'self'{entra}; frame-src 'self'{entra}; "
            "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        )

    def asset(self, name: str) -> Asset:
        """The file served under this name. Raises NotFound."""
        found = self._files.by_name.get(name)
        if found is None:
            raise NotFound("There is no such file: the console has been updated. Reload its page.")
        return found

    def config(self) -> dict[str, Any]:
        """The version, and how to sign in to the console: `password`, or `entra` with the values that the sign-in
        library needs.
        """
        if self._app is None:
            return {"sign_in": "password", "version": __version__}
        entra = {
            "authority": f"{_ENTRA}/{self._app.tenant_id}",
            "client_id": self._app.client_id,
            "scope": f"{self._app.client_id}/.default",
            "library": self._files.url("msal-browser.min.js"),
        }
        return {"sign_in": "entra", "entra": entra, "version": __version__}
