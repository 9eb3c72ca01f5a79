"""How texts of VMRs and user records are compared, and faults in the management API's words."""

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
    """A text as names, aliases and addresses are compared: upper and lower case are the same."""
    return text.strip().casefold()


def digest(text: str) -> str:
    """What stands for a text in row keys: of any text, and telling nobody who reads a log or a URL whose it is."""
    return sha256(normal(text).encode()).hexdigest()


def validated(model: type[Model], values: Mapping[str, Any]) -> Model:
    """The record. Raises SettingsInvalid with every fault by field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults: defaultdict[str, list[str]] = defaultdict(list)
        for each in error.errors(include_url=False, include_input=False):
            field = ".".join(map(str, each["loc"]))
            faults[field].append("There is no such field." if each["type"] == "extra_forbidden" else message(each))
        raise SettingsInvalid(faults) from error
