"""Samples that may be available next to the repository."""

import json
from typing import Any

from tests.support import shared_data


def shared_json(name: str) -> Any:
    """The contents of a JSON file in the shared data. Skips the test if the file is missing."""
    return json.loads(shared_data(f"data/{name}").read_text("utf-8"))
