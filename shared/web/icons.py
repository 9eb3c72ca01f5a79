"""The add-in's icon in every size that Outlook requests, scaled from an 80 × 80 pixel original."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import NotFound

if TYPE_CHECKING:
    from shared.integrations import Integration, IntegrationStore

SIZES = (16, 25, 32, 48, 64, 80, 128)
"""Sizes in pixels: for the ribbon (16, 32, 80), lists of add-ins (64, 128) and phones (25, 32, 48)."""

GREY = "grey"
"""Marks the URL of an icon's grey version, which phones use (docs/facts/outlook-addin.md)."""

_GREY = (0x91, 0x91, 0x91)
_SIZES = {str(size): size for size in SIZES}

DEFAULT = Path(__file__).resolve().parent.parent.parent / "addin" / "icon.png"
"""Drawn by dev/draw_icon.py."""

_MAX_CACHED_ICONS = 64


@cache
def default_icon() -> bytes:
    """The icon of integrations without their own."""
    return DEFAULT.read_bytes()


def fingerprint(integration: Integration) -> str:
    """A fingerprint of an integration's icon, which changes with the icon."""
    return (integration.icon or sha256(default_icon()).hexdigest())[:16]


class Icons:
    """The icons of all integrations. The most recently used sizes stay in memory, which saves calls to storage."""

    def __init__(self, integrations: IntegrationStore) -> None:
        self._integrations = integrations
        self._made: OrderedDict[tuple[str, int, bool], bytes] = OrderedDict()

    async def icon(self, uuid: str, size: str, *, grey: bool = False) -> bytes:
        """An integration's icon as a PNG of `size` pixels. Raises NotFound, including for an unknown size."""
        pixels = _SIZES.get(size)
        if pixels is None:
            raise NotFound(f"Icons are available in these sizes: {', '.join(_SIZES)} pixels.")
        integration = await self._integrations.cached(uuid)
        key = integration.icon, pixels, grey
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        uploaded = await self._integrations.icon(integration.uuid) if integration.icon else default_icon()
        made = await asyncio.to_thread(resized, uploaded or default_icon(), pixels, grey=grey)
        # If the icon has just been replaced, the new icon is served but not cached under the old icon's name.
        if not integration.icon or (uploaded and sha256(uploaded).hexdigest() == integration.icon):
            self._remember(key, made)
        return made

    def _remember(self, key: tuple[str, int, bool], png: bytes) -> None:
        self._made[key] = png
        if len(self._made) > _MAX_CACHED_ICONS:
            self._made.popitem(last=False)


def resized(png: bytes, size: int, *, grey: bool = False) -> bytes:
    """A PNG converted to another size, or to a grey shape. This takes milliseconds of processor time."""
    from PIL import Image, ImageChops, ImageOps  # imported here because it loads slowly

    with Image.open(BytesIO(png), formats=["PNG"]) as image:
        if image.size == (size, size) and not grey:
            return png
        scaled = image.convert("RGBA").resize((size, size), Image.Resampling.LANCZOS)
    if grey:
        # Dark and opaque pixels form the shape; light ones are the background.
        on_white = Image.alpha_composite(Image.new("RGBA", scaled.size, "white"), scaled).convert("L")
        shape = ImageChops.multiply(ImageOps.autocontrast(ImageOps.invert(on_white)), scaled.getchannel("A"))
        scaled = Image.new("RGBA", scaled.size, (*_GREY, 0))
        scaled.putalpha(shape)
    out = BytesIO()
    scaled.save(out, "PNG", optimize=True)
    return out.getvalue()
