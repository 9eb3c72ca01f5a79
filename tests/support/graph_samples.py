"""Samples of Graph's JSON, which may be next to the repository."""

import json
from typing import Any

from tests.support import shared_data


def graph_sample(name: str) -> Any:
    """The content of a sample. Skips the test if it is missing."""
    return json.loads(shared_data(f"data/graph-samples/{name}").read_text(encoding="utf-8"))
