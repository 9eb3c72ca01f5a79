"""The documentation's animation: from the click to the open room, on the demo page.

`PICTURES=1 .venv/bin/pytest tests/browser/test_film.py` writes docs/images/demo.webp.
"""

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from tests.browser.demo import ADD, Visit, visiting
from tests.browser.stack import running_stack

LARGEST = 1_500_000
"""The maximum size in bytes, so that a page with the animation loads quickly."""

WIDTH = 1000  # the picture's width in pixels; the page is 1280 wide
QUALITY = 60


class Film:
    """The frames, and how long each is shown."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._frames: list[Image.Image] = []
        self._milliseconds: list[int] = []

    async def take(self, milliseconds: int = 900) -> None:
        """Add a frame of the current page."""
        shot = Image.open(io.BytesIO(await self._visit.page.screenshot()))
        height = round(shot.height * WIDTH / shot.width)
        self._frames.append(shot.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS))
        self._milliseconds.append(milliseconds)

    def write(self, file: Path) -> None:
        """Write all frames as an animated WebP that loops."""
        first, *others = self._frames
        first.save(
            file, save_all=True, append_images=others, duration=self._milliseconds, loop=0, quality=QUALITY, method=6
        )


@pytest.mark.skipif(not os.environ.get("PICTURES"), reason="writes the documentation's animation: set PICTURES=1")
async def test_the_animation_shows_the_way_from_the_click_to_the_open_room(
    browser: Browser, tmp_path: Path, images: Path
) -> None:
    look = {"viewport": {"width": 1280, "height": 760}, "device_scale_factor": 1}
    with running_stack(tmp_path) as stack:
        async with visiting(browser, stack, **look) as visit:
            film, page = Film(visit), visit.page
            await visit.pane.get_by_role("button", name=ADD).wait_for()
            await page.click("#following")
            await film.take(1500)
            await visit.fill("Design review", await visit.tomorrow(), "14:00", "15:00")
            await film.take()
            await visit.pane.get_by_role("button", name=ADD).hover()
            await film.take(600)
            await visit.add_room()
            await film.take(2000)
            await page.locator("#send").hover()
            await film.take(500)
            await visit.send("Design review")
            await expect(page.locator("#notice")).to_contain_text("It was accepted.")
            await visit.meeting("Design review").scroll_into_view_if_needed()
            await film.take(2000)
            for time in ("10:00", "13:00"):
                await visit.drag_clock(time)
                await film.take(700)
            await visit.drag_clock("13:35")
            await expect(visit.meeting("Design review").locator(".room.open")).to_be_visible()
            await visit.meeting("Design review").scroll_into_view_if_needed()
            await film.take(1500)
            await visit.meeting("Design review").get_by_role("button", name="Join").click()
            await expect(page.locator("#verdict.open")).to_contain_text("You are in: Design review")
            await film.take(3000)
    file = images / "demo.webp"
    film.write(file)
    assert file.stat().st_size < LARGEST
    with Image.open(file) as made:
        assert getattr(made, "n_frames", 1) > 5
