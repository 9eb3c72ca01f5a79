"""Samples of Graph's JSON, where the checkout has them next to it."""

import json
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).resolve().parents[5] / "shared" / "data" / "graph-samples"


def graph_sample(name: str) -> Any:
    """The content of a sample. Skips the test where it is missing."""
    path = _FOLDER / name
    if not path.exists():
        pytest.skip(f"the sample {name} is not part of the repository, and not next to it")
    return json.loads(path.read_text(encoding="utf-8"))
