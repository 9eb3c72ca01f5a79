"""Parses JSON from outside within bounds."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_DEPTH = 100
"""Maximum nesting of objects and arrays; the responses of Graph, Entra and a Management Node have about ten levels."""

_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_A_BRACKET = re.compile(rb"[^\[\]{}]++")


def read_json(content: bytes) -> Any:
    """The parsed JSON. Raises ValueError for JSON that is invalid or nested too deeply."""
    if _depth(content) > MAX_DEPTH:
        raise ValueError(f"the JSON is nested more than {MAX_DEPTH} levels deep")
    try:
        return json.loads(content)
    except RecursionError as error:  # UTF-16 hides brackets from the count above
        raise ValueError("the JSON is nested too deeply") from error


def _depth(content: bytes) -> int:
    """How deeply the brackets outside strings are nested; not counted if there are few brackets, as in most
    documents.
    """
    if content.count(b"[") + content.count(b"{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for bracket in _NOT_A_BRACKET.sub(b"", _TEXT.sub(b"", content)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
