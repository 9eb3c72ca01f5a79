"""Turns the fields that an admin sends into the integration that would be saved. Types and limits are checked field by
field.

fields (JSON) ──draft()──► Draft ──check()──► an Integration that may be saved, or SettingsInvalid with every problem
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from shared.integrations.domains import domain_records
from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS, Integration
from shared.integrations.setting import is_nullable
from shared.secrets import SecretReference

GIVEN = SecretReference("given")
"""Stands in for a secret in a draft. The store replaces it with a real reference."""

_MESSAGES = {
    "string_too_long": "Ensure this value has at most {max_length} characters.",
    "string_too_short": "Ensure this value has at least {min_length} characters.",
    "too_long": "Ensure this list has at most {max_length} entries.",
    "greater_than_equal": "Ensure this value is greater than or equal to {ge}.",
    "less_than_equal": "Ensure this value is less than or equal to {le}.",
    "literal_error": "Must be one of: {expected}.",
    "string_type": "Must be a string.",
    "int_type": "Must be a whole number.",
    "bool_type": "Must be true or false.",
}


@dataclass(frozen=True)
class Draft:
    """The integration that would be saved, the fields that were sent, and the problems found so far.

    An invalid field keeps its previous value in `integration`, so that the other fields can still be checked.
    """

    integration: Integration
    given: frozenset[str]
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    faults: Mapping[str, list[str]] = field(default_factory=dict)


def draft(fields: Mapping[str, Any], before: Integration | None = None) -> Draft:
    """The integration with these fields changed. `before` is None for a new integration.

    Read-only fields are ignored, because clients send back what they received. Problems are collected in Draft.faults
    rather than raised.
    """
    faults: defaultdict[str, list[str]] = defaultdict(list)
    for name in fields.keys() - Integration.model_fields.keys() - READ_ONLY_FIELDS:
        faults[name].append("There is no such setting.")
    sent = {name: value for name, value in fields.items() if name in Integration.model_fields.keys() - READ_ONLY_FIELDS}
    values = {name: _value(name, value, before, faults) for name, value in sent.items()}
    for error in _errors(values):
        faults[str(error["loc"][0])].append(message(error))
    good = {name: value for name, value in values.items() if not faults.get(name)}
    secrets = {name: SecretStr(value) for name, value in good.items() if name in SECRET_FIELDS}
    references = {name: GIVEN if secret.get_secret_value() else SecretReference("") for name, secret in secrets.items()}
    integration = Integration.model_construct(**{**(dict(before) if before else {}), **good, **references})
    return Draft(integration, frozenset(good), secrets, {name: wrong for name, wrong in faults.items() if wrong})


def _value(name: str, value: Any, before: Integration | None, faults: defaultdict[str, list[str]]) -> Any:
    """A received value, converted to the model's type."""
    if name == "domains":
        records, wrong = domain_records(value, before.domains if before else ())
        faults[name] += wrong
        return records
    if name == "uuid" and isinstance(value, str):
        return value.lower()
    if value == "" and is_nullable(Integration.model_fields[name]):
        return None
    return value


def _errors(values: Mapping[str, Any]) -> list[ErrorDetails]:
    try:
        Integration.model_validate(values)
    except ValidationError as error:
        return error.errors(include_url=False, include_input=False)
    return []


def message(error: ErrorDetails) -> str:
    """Pydantic's error, reworded for the management API."""
    return _MESSAGES.get(error["type"], "{msg}.").format(msg=error["msg"], **error.get("ctx", {}))
