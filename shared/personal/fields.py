"""Compares strings in VMRs and user records, and reports validation problems in the management API's format."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import SettingsInvalid
from shared.integrations.draft import message

Model = TypeVar("Model", bound=BaseModel)


def normal(text: str) -> str:
    """A string normalized for the case-insensitive comparison of names, aliases and addresses."""
    return text.strip().casefold()


def digest(text: str) -> str:
    """The digest that represents a string in row keys. It works for any string, and reveals nothing in logs or URLs."""
    return sha256(normal(text).encode()).hexdigest()


def validated(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Create a record from values. Raises SettingsInvalid with all problems, keyed by field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults: defaultdict[str, list[str]] = defaultdict(list)
        for each in error.errors(include_url=False, include_input=False):
            field = ".".join(map(str, each["loc"]))
            faults[field].append("There is no such field." if each["type"] == "extra_forbidden" else message(each))
        raise SettingsInvalid(faults) from error
