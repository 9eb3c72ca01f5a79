"""Faulty JSON: hypothesis strategies that delete, replace or change the type of any node."""

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "\ud83d",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.9999999",
            "2026-11-23",
            "tzone://Microsoft/Custom",
            "Nowhere/Nothing",
            "../../etc/passwd",
            "a" * 2000,
            10**30,
            [],
            {},
            [[]],
            {"": None},
            [None],
        ]
    ),
)
"""Unexpected values of every JSON type."""


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """The path to every node except the root."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*here, key)
        yield from paths(child, (*here, key))


@st.composite
def faulty(draw: st.DrawFn, original: Any, most: int = 3) -> Any:
    """The value with up to `most` of its nodes deleted, replaced, or swapped with another node."""
    value = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, most))):
        places = sorted(paths(value), key=str)
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        parent = _at(value, tuple(way))
        match draw(st.sampled_from(["delete", "replace", "swap"])):
            case "delete":
                del parent[last]
            case "replace":
                parent[last] = copy.deepcopy(draw(ODD))
            case _:
                parent[last] = copy.deepcopy(_at(value, draw(st.sampled_from(places))))
    return value


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value
