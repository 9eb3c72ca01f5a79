"""The original's documentation and its API's field table, if they are available next to the repository."""

import json
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parents[4].parent / "shared"
_FIELDS = _FOLDER / "data" / "ms_exchange_connector_fields.json"
_SEED = _FOLDER / "seed" / "000_36c870b186fee0dc.txt"


def api_fields() -> dict[str, dict[str, Any]]:
    """The original API's fields (type, nullable, default, limits), keyed by name. Skips the test if the table is
    missing.
    """
    fields: dict[str, dict[str, Any]] = json.loads(_text(_FIELDS))["fields"]
    return fields


def product_definition() -> str:
    """The product definition. Skips the test if it is missing."""
    return _text(_SEED)


def _text(path: Path) -> str:
    if not path.exists():
        pytest.skip(f"the reference {path.name} is missing: it is kept outside the repository")
    return path.read_text(encoding="utf-8")
