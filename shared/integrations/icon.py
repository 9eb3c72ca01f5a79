"""The add-in's icon: exactly a PNG of 80 × 80 pixels (I3)."""

from __future__ import annotations

from io import BytesIO

SIDE = 80
MAX_BYTES = 128 * 1024
"""Several times what 80 × 80 pixels can take, even of 16 bits a channel and hardly compressed."""


def icon_faults(png: bytes) -> list[str]:
    """Why bytes cannot be the icon; [] when they can. Decodes them, but only once their size has been found right."""
    if len(png) > MAX_BYTES:
        return [f"The file must be at most {MAX_BYTES // 1024} KiB."]
    from PIL import Image, UnidentifiedImageError  # slow to load, and only admins who upload an icon need it

    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as image:
            if image.size != (SIDE, SIDE):
                width, height = image.size
                return [f"The image must be {SIDE} x {SIDE} pixels; this one is {width} x {height}."]
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):  # what Pillow raises on broken files
        return ["The file is not a PNG image, or it is damaged."]
    return []
