"""The task pane's HTML page: a template, filled in for one integration."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.addin.bundle import Bundle

MAIN = "main.js"
COMMAND = "command.js"
PREVIEW = "preview.js"
STYLE = "pane.css"


def page(bundle: Bundle, scripts: Sequence[str], config: Mapping[str, Any]) -> str:
    """The task pane with its links, scripts and configuration. There are no inline scripts, so that the content
    security policy can forbid them.

    `main.js` is `async`, so that it can tell the user if Office.js hangs.
    """
    style = f'<link rel="stylesheet" href="{bundle.url(STYLE)}">'
    main = f'<script async type="module" src="{bundle.url(MAIN)}"></script>'
    return _filled(bundle.page, [*_preloads(bundle), style], config, [*_deferred(scripts), main])


def preview(bundle: Bundle, config: Mapping[str, Any]) -> str:
    """The task pane in each of its states, for admins. It does not load Office.js, so it works outside Outlook."""
    style = f'<link rel="stylesheet" href="{bundle.url(STYLE)}">'
    main = f'<script type="module" src="{bundle.url(PREVIEW)}"></script>'
    return _filled(bundle.page, [style], config, [main])


def commands(bundle: Bundle, scripts: Sequence[str], launch: str, config: Mapping[str, Any]) -> str:
    """The page for commands, which is invisible.

    `launch` is the URL of the event script, or "" if there is none. All scripts depend on Office.js, so they are loaded
    after it, in order.
    """
    main = f'<script defer type="module" src="{bundle.url(COMMAND)}"></script>'
    tags = [*_deferred([*scripts, *([launch] if launch else [])]), main]
    return _filled(bundle.commands, _preloads(bundle), config, tags)


def _preloads(bundle: Bundle) -> list[str]:
    return [f'<link rel="modulepreload" href="{url}">' for url in bundle.modules]


def _deferred(scripts: Sequence[str]) -> list[str]:
    return [f'<script defer src="{html.escape(url)}"></script>' for url in scripts]


def _filled(source: str, head: Sequence[str], config: Mapping[str, Any], tags: Sequence[str]) -> str:
    data = f'<script type="application/json" id="config">{data_block(config)}</script>'
    places = {"head": "\n".join(head), "config": data, "scripts": "\n".join(tags)}
    filled = source
    for place, content in places.items():
        before, mark, after = filled.partition(f"<!-- {place} -->")
        if not mark:
            raise ValueError(f"the page has no placeholder <!-- {place} -->")
        filled = before + content + after
    return filled


def data_block(config: Mapping[str, Any]) -> str:
    """The value as JSON, escaped so that it cannot contain `</script>` or `<!--`."""
    text = json.dumps(config, separators=(",", ":"), ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
