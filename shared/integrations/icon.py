"""The add-in's icon, which must be a PNG of exactly 80 × 80 pixels (I3). A PNG can contain far more than its picture:
animation frames, invisible pixels, or colour profiles and text that decompress to a thousand times their size. Every
Outlook client reads the icon, so a file with such chunks is rejected before it reaches any decoder.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from io import BytesIO

SIDE = 80
ICON_MAX_BYTES = 128 * 1024
"""Maximum file size. It is several times what 80 × 80 pixels take up, even with 16 bits per channel and poor
compression.
"""

MAX_UNPACKED = 1024 * 1024
"""Maximum decompressed size of everything in the file. The pixels take up at most 52 KB."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# the start of every PNG: signature, length, "IHDR", width, height
_SIGNATURE_AND_HEADER = struct.Struct(">8s4x4sII")
_CHUNK = struct.Struct(">I4s")  # length and kind, followed by the data and a 4-byte checksum
_ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})

_Chunk = tuple[bytes, bytes]


def icon_faults(png: bytes) -> list[str]:
    """The reasons why the bytes cannot be the icon; [] if they can. They are decoded only after all compressed data has
    been measured.
    """
    if len(png) > ICON_MAX_BYTES:
        return [f"The file must be at most {ICON_MAX_BYTES // 1024} KiB."]
    size = _size(png)
    if size is None:
        return ["The file is not a PNG image."]
    if size != (SIDE, SIDE):
        return [f"The image must be {SIDE} x {SIDE} pixels; this one is {size[0]} x {size[1]}."]
    chunks = list(_chunks(png))
    kinds = [kind for kind, _ in chunks]
    if not _ANIMATION.isdisjoint(kinds):
        return ["The image must not be animated."]
    if _unpacked(chunks) > MAX_UNPACKED:
        return [
            f"The file contains much more than {SIDE} x {SIDE} pixels. Save the image without text or a colour profile."
        ]
    is_whole = kinds.count(b"IHDR") == 1 and kinds[-1] == b"IEND"
    return [] if is_whole and _can_be_decoded(png) else ["The PNG image is damaged."]


def _size(png: bytes) -> tuple[int, int] | None:
    """Width and height from the header; None if the data is not a PNG."""
    if len(png) < _SIGNATURE_AND_HEADER.size:
        return None
    signature, chunk, width, height = _SIGNATURE_AND_HEADER.unpack_from(png)
    return (width, height) if signature == _SIGNATURE and chunk == b"IHDR" else None


def _chunks(png: bytes) -> Iterator[_Chunk]:
    """Kind and data of each chunk, up to the end of the image or the point where the file is cut off."""
    place = len(_SIGNATURE)
    while place + _CHUNK.size <= len(png):
        length, kind = _CHUNK.unpack_from(png, place)
        place += _CHUNK.size
        yield kind, png[place : place + length]
        if kind == b"IEND":
            return
        place += length + 4


def _unpacked(chunks: list[_Chunk]) -> int:
    """Total size of all compressed data after decompression, in bytes. Counting stops above MAX_UNPACKED."""
    pixels = b"".join(data for kind, data in chunks if kind == b"IDAT")
    total = 0
    for packed in (pixels, *(_packed(kind, data) for kind, data in chunks)):
        try:
            total += len(zlib.decompressobj().decompress(packed, MAX_UNPACKED + 1 - total))
        except zlib.error:
            continue  # decoders stop here, too
        if total > MAX_UNPACKED:
            break
    return total


def _packed(kind: bytes, data: bytes) -> bytes:
    """The compressed part of a text chunk or colour profile; b"" for uncompressed text and all other chunks."""
    _, _, after = data.partition(b"\0")  # after a keyword or name
    if kind in (b"iCCP", b"zTXt"):
        return after[1:]  # after the method
    if kind == b"iTXt" and after[:1] == b"\1":
        return after[2:].split(b"\0", 2)[-1]  # after flag, method, language and translated keyword
    return b""


def _can_be_decoded(png: bytes) -> bool:
    from PIL import Image  # imported here because it loads slowly and is only needed when an admin uploads an icon

    try:
        with warnings.catch_warnings(), Image.open(BytesIO(png), formats=["PNG"]) as image:
            warnings.simplefilter("error")
            image.load()
    except Exception:
        # Pillow's chunk readers let any exception through (struct.error, IndexError, EOFError, …).
        return False
    return True
