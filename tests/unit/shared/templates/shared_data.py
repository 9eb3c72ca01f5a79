"""Facts and samples that are kept beside the repository; tests that need one are skipped where it is missing."""

import json
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).resolve().parents[5] / "shared" / "data"


def shared_json(name: str) -> Any:
    """The content of a JSON file of the shared data; skips the test without it."""
    path = _FOLDER / name
    if not path.is_file():
        pytest.skip(f"shared/data/{name} is not beside the repository")
    return json.loads(path.read_text("utf-8"))
