"""A page that shows only a message: after a sign-in, or at the deployment's own address.

It needs no files, runs no scripts and escapes all text, so nothing in it can do harm.
"""

from __future__ import annotations

import html
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal, TypeAlias

from shared.web.headers import COMMON

Tone: TypeAlias = Literal["good", "bad"]

_STYLE = """
:root { --page: #f2f4f7; --card: #fff; --text: #242424; --soft: #565656; --line: #d5d9de; --tone: #0e700e }
[data-tone=bad] { --tone: #b10e1c }
@media (prefers-color-scheme: dark) {
  :root { --page: #171717; --card: #242424; --text: #f5f5f5; --soft: #c7c7c7; --line: #424242; --tone: #6cc76c }
  [data-tone=bad] { --tone: #f58a92 }
}
* { box-sizing: border-box }
body {
  display: grid; place-items: center; min-height: 100vh; margin: 0; padding: 1rem; background: var(--page);
  color: var(--text); font: 1rem/1.5 'Segoe UI', system-ui, sans-serif; overflow-wrap: anywhere
}
main {
  width: 100%; max-width: 34rem; padding: 1.75rem 2rem 2rem; background: var(--card);
  border: 1px solid var(--line); border-top: 4px solid var(--tone); border-radius: 6px
}
h1 { display: flex; align-items: center; gap: .625rem; margin: 0; font-size: 1.375rem; line-height: 1.3 }
svg { flex: none; width: 1.75rem; height: 1.75rem; fill: none; stroke: var(--tone); stroke-width: 2 }
p { margin: 1rem 0 0 }
dl { display: grid; gap: .25rem 1rem; margin: 1.25rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line) }
dt { color: var(--soft); font-size: .875rem }
dd { margin: 0 0 .5rem }
@media (min-width: 30rem) { dl { grid-template-columns: max-content 1fr } dt { line-height: 1.7 } dd { margin: 0 } }
@media (max-width: 22rem) { main { padding: 1.25rem } }
""".strip()

_SIGNS = {
    "good": '<circle cx="12" cy="12" r="10"/><path d="m7 12.5 3.5 3.5L17 9"/>',
    "bad": '<circle cx="12" cy="12" r="10"/><path d="M12 6.5v7M12 16v1.5"/>',
}
_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Mapping[str, str] = {
    **COMMON,
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
}


def notice_page(tone: Tone, heading: str, message: str, facts: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The page and its headers. `facts` are listed below the message, except empty ones."""
    title = html.escape(heading)
    listed = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>\n" for name, value in facts.items() if value
    )
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n'
        f'<body>\n<main data-tone="{tone}">\n'
        f'<h1 id="heading"><svg viewBox="0 0 24 24" aria-hidden="true">{_SIGNS[tone]}</svg>{title}</h1>\n'
        f'<p id="message">{html.escape(message)}</p>\n' + (f"<dl>\n{listed}</dl>\n" if listed else "")
    )
    return f"{page}</main>\n</body>\n</html>\n", dict(_HEADERS)
