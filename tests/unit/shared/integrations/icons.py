"""PNG files for tests."""

import struct
import zlib
from io import BytesIO

from PIL import Image


def png(width: int = 80, height: int = 80, *, mode: str = "RGBA", colour: int = 1) -> bytes:
    """A plain picture."""
    file = BytesIO()
    Image.new(mode, (width, height), colour if mode in "LP" else f"#{colour:06x}").save(file, "PNG")
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A small PNG whose header promises this many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A PNG of the right size with a compressed text that grows a thousandfold."""
    picture = png()
    text = _chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(64 << 20), 9))
    return picture[:33] + text + picture[33:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
