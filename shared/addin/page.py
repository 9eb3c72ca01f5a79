"""The pane's HTML page: the source's marked places, filled for one integration."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.addin.bundle import Bundle

MAIN = "main.js"
STYLE = "pane.css"


def page(bundle: Bundle, scripts: Sequence[str], config: Mapping[str, Any]) -> str:
    """The page with its links, scripts and configuration.

    No inline script, so that the content security policy can forbid them all. `main.js` is `async`: an Office.js that
    hangs must not keep it from telling the user so.
    """
    head = [
        *(f'<link rel="modulepreload" href="{url}">' for url in bundle.modules),
        f'<link rel="stylesheet" href="{bundle.url(STYLE)}">',
    ]
    tags = [
        *(f'<script defer src="{html.escape(url)}"></script>' for url in scripts),
        f'<script async type="module" src="{bundle.url(MAIN)}"></script>',
    ]
    data = f'<script type="application/json" id="config">{_data_block(config)}</script>'
    places = {"head": "\n".join(head), "config": data, "scripts": "\n".join(tags)}
    filled = bundle.page
    for place, content in places.items():
        before, mark, after = filled.partition(f"<!-- {place} -->")
        if not mark:
            raise ValueError(f"pane.html has no place <!-- {place} -->")
        filled = before + content + after
    return filled


def _data_block(config: Mapping[str, Any]) -> str:
    """JSON in which no `</script>` and no `<!--` can stand."""
    text = json.dumps(config, separators=(",", ":"), ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
