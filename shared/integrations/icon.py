"""The add-in's icon: exactly a PNG of 80 × 80 pixels (I3)."""

from __future__ import annotations

import struct
from io import BytesIO

SIDE = 80
MAX_BYTES = 128 * 1024
"""Several times what 80 × 80 pixels can take, even of 16 bits a channel and hardly compressed."""

_SIGNATURE_AND_HEADER = struct.Struct(">8s4x4sII")  # every PNG starts so: signature, length, "IHDR", width, height


def icon_faults(png: bytes) -> list[str]:
    """Why bytes cannot be the icon; [] when they can. They are decoded only once their size has been found right."""
    if len(png) > MAX_BYTES:
        return [f"The file must be at most {MAX_BYTES // 1024} KiB."]
    size = _size(png)
    if size is None:
        return ["The file is not a PNG image."]
    if size != (SIDE, SIDE):
        return [f"The image must be {SIDE} x {SIDE} pixels; this one is {size[0]} x {size[1]}."]
    return [] if _can_be_decoded(png) else ["The PNG image is damaged."]


def _size(png: bytes) -> tuple[int, int] | None:
    """Width and height from the header; None when it is no PNG."""
    if len(png) < _SIGNATURE_AND_HEADER.size:
        return None
    signature, chunk, width, height = _SIGNATURE_AND_HEADER.unpack_from(png)
    return (width, height) if signature == b"\x89PNG\r\n\x1a\n" and chunk == b"IHDR" else None


def _can_be_decoded(png: bytes) -> bool:
    from PIL import Image, UnidentifiedImageError  # slow to load, and only admins who upload an icon need it

    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as image:
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):  # what Pillow raises on broken files
        return False
    return True
