"""JSON is parsed as it is by the json module, but only to a limited depth, whatever its strings contain."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bounded_json import MAX_DEPTH, read_json

TEXTS = st.text(st.sampled_from('[]{}"\\,:aé\n'), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=60) | st.dictionaries(TEXTS, inner, max_size=60),
    max_leaves=200,
)


@given(VALUES, st.booleans())
def test_valid_json_is_read(value: Any, ascii_only: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"]}":', "}]")])
def test_json_is_read_up_to_a_maximum_depth_and_refused_beyond_it(opening: str, closing: str) -> None:
    times = MAX_DEPTH // (opening.count("[") + opening.count("{"))
    assert read_json(f"{opening * times}1{closing * times}".encode())
    with pytest.raises(ValueError, match="nested more than"):
        read_json(f"{opening * (times + 1)}1{closing * (times + 1)}".encode())


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    text = '[{\\"' * 500
    assert read_json(json.dumps([text]).encode()) == [text]


@pytest.mark.parametrize(
    "content",
    [b"[" * 200_000, b'{"a":' * 200_000, b'"' + b"[" * 1000, ("[" * 200_000).encode("utf-16"), b"", b"\xff", b"[1,]"],
)
def test_invalid_json_raises_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(content)
