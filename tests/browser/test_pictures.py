"""Pictures of every state for the documentation, light and dark. Written only if PICTURES is set."""

import os
from pathlib import Path

import pytest

from tests.browser.outlook import Outlook
from tests.browser.states import STATES

pytestmark = pytest.mark.skipif(not os.environ.get("PICTURES"), reason="set PICTURES=1 to write docs/images/pane-*.png")

SIZE = {"width": 320, "height": 400}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
async def test_a_picture_is_taken(outlook: Outlook, images: Path, state: str, scheme: str) -> None:
    size = SIZE | {"height": 640} if state == "debug" else SIZE
    await STATES[state](outlook, {"color_scheme": scheme, "viewport": size, "device_scale_factor": 2})
    await outlook.page.mouse.move(0, 0)
    file = images / f"pane-{state}-{scheme}.png"
    picture = await outlook.page.screenshot(path=file, animations="disabled")
    assert len(picture) > 1000
