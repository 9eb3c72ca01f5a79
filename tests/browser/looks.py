"""The window sizes and colour schemes in which every page is checked."""

from typing import Any

from playwright.async_api import Frame, Page

from tests.browser.tools import AXE

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


async def violations(place: Page | Frame) -> list[str]:
    """What axe finds wrong with a page, or with one of its frames: rule, element, and explanation."""
    await place.evaluate(AXE.read_text())
    found = await place.evaluate("rules => axe.run(rules)", RULES)
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
