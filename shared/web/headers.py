"""Response headers of the add-in's pages: what may run in them, and who may embed them (X7).

X-Frame-Options is not sent, because Outlook on the web shows the task pane in a frame. `frame-ancestors` says which
pages may embed it. `Cross-Origin-Opener-Policy: unsafe-none` is explicit, because `same-origin` disconnects a sign-in
dialog from the task pane that opened it (docs/facts/outlook-addin.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from shared.integrations import Integration
from shared.web import sources

OUTLOOK = (
    "https://outlook.office.com",
    "https://outlook.office365.com",
    "https://outlook.live.com",
    "https://outlook.cloud.microsoft",
    "https://outlook.office365.us",
    "https://outlook-dod.office365.us",
    "https://webmail.apps.mil",
    "https://partner.outlook.cn",
)
"""The origins of Outlook on the web in Microsoft's clouds. Not confirmed against live tenants in the national clouds.
"""

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "unsafe-none",
}


def page_headers(
    integration: Integration, connect: Sequence[str] = (), ancestors: Sequence[str] = ()
) -> dict[str, str]:
    """Headers of an HTML page. `connect`: other origins that its scripts call; `ancestors`: as in `policy`."""
    return {"Content-Security-Policy": policy(integration, connect, ancestors), **COMMON}


def policy(integration: Integration, connect: Sequence[str] = (), ancestors: Sequence[str] = ()) -> str:
    """The task pane's content security policy. `ancestors`: who may embed it besides Outlook and `owa_hosts`.

    The real Office.js works under this policy (docs/facts/outlook-addin.md). Style attributes are allowed because the
    admin's (sanitized) texts may contain them. Style elements and inline scripts are not allowed.
    """
    directives: Mapping[str, Sequence[str]] = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *sources.script_origins(integration)],
        "style-src": ["'self'", *(styles := sources.origins(sources.stylesheets(integration)))],
        "style-src-attr": ["'unsafe-inline'"],
        "font-src": styles or ["'none'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'", *connect],
        "form-action": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": [*OUTLOOK, *owa_hosts(integration), *ancestors],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items())


def framed_by(policy_: str, who: str) -> str:
    """The policy for a page that `who` may frame (such as 'none' or 'self', with the quotes) instead of Outlook."""
    return policy_.partition("frame-ancestors")[0] + f"frame-ancestors {who}"


def owa_hosts(integration: Integration) -> list[str]:
    """Origins of Outlook on the web on-premises. By default, Outlook on the web has the same host names as Exchange's
    metadata and web services. A deployment that uses another name lists it among its metadata domains.
    """
    urls = [*integration.metadata_urls, integration.url]
    named = sources.origins(url for url in urls if urlsplit(url).hostname)
    return [origin for origin in named if origin not in OUTLOOK]
