"""Pictures of every state, for the documentation. Written only when PICTURES asks for it."""

import os
from pathlib import Path

import pytest

from tests.browser.outlook import Outlook

pytestmark = pytest.mark.skipif(not os.environ.get("PICTURES"), reason="set PICTURES=1 to write docs/images/pane-*.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_x(outlook: Outlook, images: Path, scheme: str) -> None:
    await outlook.open({"body": "<p>x</p>"}, look={"color_scheme": scheme})
    await outlook.page.screenshot(path=f"/tmp/pane-choose-{scheme}.png")
    await outlook.click("Add a Single-use VMR")
    await outlook.page.screenshot(path=f"/tmp/pane-success-{scheme}.png")
