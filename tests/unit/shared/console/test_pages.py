"""W1: the console's page, and its transferred size."""

import re

from shared.console.pages import Console

COMPRESSED_MAX_BYTES = 200 * 1024
"""The whole console, without the sign-in library, which is only loaded in deployments with Entra."""


def test_the_whole_console_is_small() -> None:
    console = Console(None)
    html, _ = console.page()
    paths = set(re.findall(r'(?:href|src)="(/console/assets/[^"]+)"', html))
    sizes = {path: len(console.asset(path.rpartition("/")[2]).gzipped) for path in paths}
    assert {path.rpartition(".")[2] for path in paths} == {"js", "css"}
    assert len(paths) > 20
    assert sum(sizes.values()) + len(html) < COMPRESSED_MAX_BYTES


def test_every_module_is_preloaded_by_the_page() -> None:
    """All modules load in one round trip, because none is found only through another module's imports."""
    console = Console(None)
    html, _ = console.page()
    for path in re.findall(r'modulepreload" href="(/console/assets/[^"]+)"', html):
        source = console.asset(path.rpartition("/")[2]).body.decode()
        for name in re.findall(r"""from ["']\./([\w.-]+)["']""", source):
            assert f"/console/assets/{name}" in html
