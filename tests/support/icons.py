"""PNG files for tests, including malicious ones."""

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
    """A small PNG whose header claims this many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A PNG of the right size with a compressed text chunk that expands a thousandfold."""
    picture = png()
    text = _chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(64 << 20), 9))
    return picture[:33] + text + picture[33:]


def profile_bomb() -> bytes:
    """A PNG of the right size with a colour profile of 80 MB."""
    return with_chunks((b"iCCP", b"profile\x00\x00" + zlib.compress(bytes(80 << 20), 9)))


def many_texts() -> bytes:
    """A PNG of the right size with text chunks of 80 MB in total, each smaller than 1 MiB."""
    text = b"Comment\x00\x00" + zlib.compress(bytes(1_000_000), 9)
    return with_chunks(*[(b"zTXt", text)] * 80)


def long_pixels() -> bytes:
    """A PNG of the right size that continues for 80 MB after its last pixel."""
    header = struct.pack(">IIBBBBB", 80, 80, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(80 << 20), 9)), (b"IEND", b""))
    return png()[:8] + b"".join(_chunk(*part) for part in parts)


def animated(frames: int) -> bytes:
    """A PNG of the right size that claims to have this many frames."""
    return with_chunks((b"acTL", struct.pack(">II", frames, 0)))


def with_second_header(width: int, height: int) -> bytes:
    """A PNG whose second header claims a different size."""
    return with_chunks((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)))


def with_chunks(*chunks: tuple[bytes, bytes]) -> bytes:
    """A plain image with additional chunks after its header."""
    picture = png()
    return picture[:33] + b"".join(_chunk(*each) for each in chunks) + picture[33:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
