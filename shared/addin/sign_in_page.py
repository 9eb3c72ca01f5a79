"""What the sign-in dialog shows when the provider has sent the user back (X5)."""

from __future__ import annotations

import html
from collections.abc import Mapping

from shared.addin import sources
from shared.addin.bundle import Bundle
from shared.addin.headers import COMMON, policy
from shared.addin.page import STYLE
from shared.integrations import Integration

SCRIPT = "signed-in.js"

_HEADERS: Mapping[str, str] = {**COMMON, "Cache-Control": "no-store"}


def signed_in(bundle: Bundle, integration: Integration, code: str) -> tuple[str, dict[str, str]]:
    """The page that hands the one-time code to the pane, which closes the dialog; and its headers."""
    scripts = "".join(f'<script defer src="{html.escape(url)}"></script>\n' for url in sources.scripts(integration))
    head = f'<link rel="stylesheet" href="{bundle.url(STYLE)}">\n{scripts}<script defer src="{bundle.url(SCRIPT)}">'
    body = f'<p id="message">You can close this window.</p>\n<data id="code" hidden>{html.escape(code)}</data>'
    headers = {**_HEADERS, "Content-Security-Policy": _in_no_frame(policy(integration))}
    return _page("You are signed in", head + "</script>", body), headers


def notice(heading: str, message: str, reference: str = "") -> tuple[str, dict[str, str]]:
    """A page that only says something: no scripts, so that nothing in it can do harm. All texts are escaped."""
    shown = f'<p id="reference">Reference: {html.escape(reference)}</p>' if reference else ""
    body = f'<p id="message">{html.escape(message)}</p>\n{shown}'
    style = "<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 2em; max-width: 40em }</style>"
    safe = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return _page(heading, style, body), {**_HEADERS, "Content-Security-Policy": safe}


def _page(heading: str, head: str, body: str) -> str:
    title = html.escape(heading)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{title}</title>\n{head}\n</head>\n'
        f'<body>\n<main>\n<h1 id="heading">{title}</h1>\n{body}\n</main>\n</body>\n</html>\n'
    )


def _in_no_frame(policy_: str) -> str:
    """The pane's policy for a window of its own: nobody may frame the page that holds a code."""
    return policy_.partition("frame-ancestors")[0] + "frame-ancestors 'none'"
