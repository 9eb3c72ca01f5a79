"""The icon must be a PNG of exactly 80 x 80 pixels (I3), and checking it takes little memory."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from functools import partial
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.integrations.icon import ICON_MAX_BYTES, icon_faults
from tests.support.icons import (
    animated,
    bomb,
    long_pixels,
    many_texts,
    png,
    profile_bomb,
    text_bomb,
    with_chunks,
    with_second_header,
)


@pytest.mark.parametrize("mode", ["RGBA", "RGB", "L", "P", "1"])
def test_pngs_of_the_right_size_are_accepted(mode: str) -> None:
    assert icon_faults(png(mode=mode)) == []


@pytest.mark.parametrize(("width", "height"), [(79, 80), (80, 79), (81, 80), (80, 81), (1, 1), (160, 160)])
def test_other_sizes_are_refused(width: int, height: int) -> None:
    assert icon_faults(png(width, height)) == [f"The image must be 80 x 80 pixels; this one is {width} x {height}."]


@pytest.mark.parametrize("kind", ["GIF", "JPEG", "BMP", "WEBP"])
def test_other_image_formats_are_refused(kind: str) -> None:
    file = BytesIO()
    Image.new("RGB", (80, 80)).save(file, kind)
    assert icon_faults(file.getvalue()) == ["The file is not a PNG image."]


@pytest.mark.parametrize("content", [b"", b"PNG", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"\x00" * 100])
def test_files_that_are_not_images_are_refused(content: bytes) -> None:
    assert icon_faults(content) == ["The file is not a PNG image."]


@pytest.mark.parametrize("content", [png()[:28], png()[:60], png()[:-30], png()[:45] + b"junk" + png()[49:]])
def test_damaged_files_are_refused(content: bytes) -> None:
    assert icon_faults(content) == ["The PNG image is damaged."]


def test_large_files_are_refused_without_reading_them() -> None:
    assert icon_faults(png() + bytes(ICON_MAX_BYTES)) == ["The file must be at most 128 KiB."]


@pytest.mark.parametrize(
    "made",
    [
        partial(bomb, 65_000, 65_000),
        partial(bomb, 12_000, 12_000),
        partial(bomb, 2**31 - 1, 2**31 - 1),
        text_bomb,
        profile_bomb,
        many_texts,
        long_pixels,
    ],
)
def test_decompression_bombs_are_not_expanded(made: Callable[[], bytes]) -> None:
    content = made()
    assert len(content) <= ICON_MAX_BYTES
    icon_faults(png())  # loads Pillow before memory is measured
    tracemalloc.start()
    try:
        assert icon_faults(content)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_animations_are_refused() -> None:
    assert icon_faults(animated(100_000)) == ["The image must not be animated."]


@pytest.mark.parametrize(("width", "height"), [(80, 80), (16, 16), (65_000, 65_000)])
def test_a_second_header_is_refused(width: int, height: int) -> None:
    assert icon_faults(with_second_header(width, height)) == ["The PNG image is damaged."]


def test_metadata_added_by_drawing_programs_is_accepted() -> None:
    texts = (b"tEXt", b"Software\x00GIMP"), (b"zTXt", b"Comment\x00\x00" + zlib.compress(b"drawn by hand"))
    xmp = b"XML:com.adobe.xmp\x00\x00\x00\x00\x00<x:xmpmeta/>"
    profile = b"sRGB\x00\x00" + zlib.compress(bytes(3144))
    more = (b"iTXt", xmp), (b"pHYs", struct.pack(">IIB", 3780, 3780, 1)), (b"iCCP", profile)
    assert icon_faults(with_chunks(*texts, *more)) == []


_KINDS = st.sampled_from([b"PLTE", b"tRNS", b"cHRM", b"gAMA", b"pHYs", b"iCCP", b"zTXt", b"iTXt", b"tEXt", b"sRGB",
    b"eXIf", b"acTL", b"fcTL", b"fdAT", b"IDAT", b"IHDR", b"IEND", b"juNK", b"bKGD", b"tIME", b"sBIT"])  # fmt: skip


@given(st.lists(st.tuples(_KINDS, st.binary(max_size=40)), max_size=4))
def test_no_chunk_crashes_the_check(chunks: list[tuple[bytes, bytes]]) -> None:
    assert isinstance(icon_faults(with_chunks(*chunks)), list)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_content_crashes_the_check(junk: bytes, start: int) -> None:
    picture = png()
    assert isinstance(icon_faults(picture[:start] + junk + picture[start + len(junk) :]), list)
