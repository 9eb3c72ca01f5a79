"""Field types that VMRs and user records share, and their faults in the management API's words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError

from shared.errors import SettingsInvalid
from shared.integrations import syntax
from shared.integrations.draft import message
from shared.integrations.setting import Format

Model = TypeVar("Model", bound=BaseModel)


def _checked(format_: Format) -> AfterValidator:
    def check(text: str) -> str:
        for fault in syntax.faults(format_, text) if text else ():
            raise PydanticCustomError("syntax", "{fault}", {"fault": fault.removesuffix(".")})
        return text

    return AfterValidator(check)


Line: TypeAlias = Annotated[str, Field(max_length=250), _checked(Format.LINE)]
"""Plain text on one line; "" when there is none."""

Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=250), _checked(Format.LINE)]

Address: TypeAlias = Annotated[str, Field(max_length=100), _checked(Format.EMAIL)]
"""An e-mail address (≤ 100 characters, docs/facts/pexip.md §2); "" when there is none."""


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
