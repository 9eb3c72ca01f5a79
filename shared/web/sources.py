"""Which scripts and style sheets the task pane loads, and which origins they come from (X6).

Without custom sources: Microsoft's hosted Office.js, and our own style sheet, which is sufficient without Fabric. With
custom sources: exactly the configured URLs. The additional scripts come first. A script with the same file name as
Office.js replaces it: "in preference to any other URLs specified elsewhere for the same resource".
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from shared.integrations import Integration

OFFICE_JS = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js"
_HOSTED_SCRIPTS = ("https://appsforoffice.microsoft.com", "https://ajax.aspnetcdn.com")
"""Office.js itself, and MicrosoftAjax.js, which it loads (docs/facts/outlook-addin.md)."""


def scripts(integration: Integration) -> list[str]:
    """Script URLs in the order in which they must run, without duplicates. The task pane's own module follows them."""
    if not integration.use_custom_add_in_sources:
        return [OFFICE_JS]
    additional = list(dict.fromkeys(integration.script_sources))
    replaced = _file(integration.office_js_url) in {_file(url) for url in additional}
    return additional if replaced else [*additional, integration.office_js_url]


def stylesheets(integration: Integration) -> list[str]:
    """URLs of style sheets other than our own: Fabric's, if custom sources are used."""
    if not integration.use_custom_add_in_sources:
        return []
    urls = (integration.microsoft_fabric_url, integration.microsoft_fabric_components_url)
    return list(dict.fromkeys(url for url in urls if url))


def script_origins(integration: Integration) -> list[str]:
    """The origins of scripts other than our own. Office.js loads further files from its own location."""
    return origins(scripts(integration)) if integration.use_custom_add_in_sources else list(_HOSTED_SCRIPTS)


def origins(urls: Iterable[str]) -> list[str]:
    """The distinct origins of URLs, as written in a content security policy."""
    return list(dict.fromkeys(origin(url) for url in urls))


def origin(url: str) -> str:
    """Scheme, host and port of a URL. User names, paths and anything that a policy could misread are dropped."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _file(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).name.lower()
