"""JSON from outside, read within bounds."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_DEPTH = 100
"""Objects and arrays within each other; Graph's, Entra's and a Management Node's answers have some ten."""

_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_A_BRACKET = re.compile(rb"[^\[\]{}]++")


def read_json(content: bytes) -> Any:
    """What the JSON says. Raises ValueError for what is no JSON, and for what is nested too deep."""
    if _depth(content) > MAX_DEPTH:
        raise ValueError(f"the JSON is nested more than {MAX_DEPTH} deep")
    try:
        return json.loads(content)
    except RecursionError as error:  # UTF-16 hides brackets from the count above
        raise ValueError("the JSON is nested too deep") from error


def _depth(content: bytes) -> int:
    """How deep the brackets outside texts nest; what nearly all documents have so few of is not looked at."""
    if content.count(b"[") + content.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for bracket in _NOT_A_BRACKET.sub(b"", _TEXT.sub(b"", content)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
