"""The page in the sign-in dialog after the provider has sent the user back (X5)."""

from __future__ import annotations

import html
from collections.abc import Mapping

from shared.addin.bundle import Bundle
from shared.addin.page import STYLE
from shared.identity.sign_in.codes import by_hand
from shared.integrations import Integration
from shared.web import sources
from shared.web.headers import COMMON, framed_by, policy

SCRIPT = "signed-in.js"

_HANDING_OVER = """<p id="closing">You can close this window.</p>
<data id="code" hidden>{code}</data>
<div id="by-hand" hidden>
<p>Go back to the add-in in Outlook, and enter this code there within a minute:</p>
<p id="typed"><code>{typed}</code></p>
<p>Enter it in your own Outlook only, and do not share it: it is your sign-in.</p>
</div>"""

_HEADERS: Mapping[str, str] = {**COMMON, "Cache-Control": "no-store"}


def signed_in(bundle: Bundle, integration: Integration, code: str) -> tuple[str, dict[str, str]]:
    """The page (and its headers) that passes the one-time code to the task pane, which then closes the dialog.

    If the dialog cannot reach the task pane, the page shows a short form of the code for the user to type there.
    """
    scripts = "".join(f'<script defer src="{html.escape(url)}"></script>\n' for url in sources.scripts(integration))
    head = f'<link rel="stylesheet" href="{bundle.url(STYLE)}">\n{scripts}<script defer src="{bundle.url(SCRIPT)}">'
    body = _HANDING_OVER.format(code=html.escape(code), typed=html.escape(by_hand(code)))
    headers = {**_HEADERS, "Content-Security-Policy": framed_by(policy(integration), "'none'")}
    return _page("You are signed in", head + "</script>", body), headers


def _page(heading: str, head: str, body: str) -> str:
    title = html.escape(heading)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{title}</title>\n{head}\n</head>\n'
        f'<body>\n<main>\n<h1 id="heading">{title}</h1>\n{body}\n</main>\n</body>\n</html>\n'
    )
