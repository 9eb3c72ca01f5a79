"""From what an admin sends to what would be saved: types and limits of each field, one by one.

fields (JSON) ──draft()──► Draft ──check()──► an Integration fit to be saved, or SettingsInvalid with every fault
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS, Integration
from shared.integrations.sections.metadata import ExchangeDomain
from shared.integrations.setting import is_nullable
from shared.secrets import SecretReference

GIVEN = SecretReference("given")
"""Stands for a secret that a draft brings along; the store replaces it by a real reference."""

UNNUMBERED = 0
"""The id of an ExchangeDomain that the store has not numbered yet."""

_NOT_YET = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Draft:
    """What would be saved, the fields that were sent, and what is wrong with them so far.

    A field at fault keeps its earlier value in `integration`, so that the other fields can still be checked.
    """

    integration: Integration
    given: frozenset[str]
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    faults: Mapping[str, list[str]] = field(default_factory=dict)


def draft(fields: Mapping[str, Any], before: Integration | None = None) -> Draft:
    """What the integration would be with these fields changed; `before` is None for a new one.

    Read-only fields are ignored, because clients send back what they got. Raises nothing: see Draft.faults.
    """
    faults: defaultdict[str, list[str]] = defaultdict(list)
    for name in fields.keys() - Integration.model_fields.keys() - READ_ONLY_FIELDS:
        faults[name].append("There is no such setting.")
    sent = {name: value for name, value in fields.items() if name in Integration.model_fields.keys() - READ_ONLY_FIELDS}
    values = {name: _value(name, value, before, faults) for name, value in sent.items()}
    for error in _errors({name: value for name, value in values.items() if name not in faults}):
        faults[str(error["loc"][0])].append(_message(error))
    good = {name: value for name, value in values.items() if name not in faults}
    secrets = {name: SecretStr(value) for name, value in good.items() if name in SECRET_FIELDS}
    references = {name: GIVEN if secret.get_secret_value() else SecretReference("") for name, secret in secrets.items()}
    integration = Integration.model_construct(**{**(dict(before) if before else {}), **good, **references})
    return Draft(integration, frozenset(good), secrets, dict(faults))


def _value(name: str, value: Any, before: Integration | None, faults: defaultdict[str, list[str]]) -> Any:
    if name == "domains":
        return _domains(value, before, faults)
    if value == "" and is_nullable(Integration.model_fields[name]):
        return None
    return value


def _domains(value: Any, before: Integration | None, faults: defaultdict[str, list[str]]) -> Any:
    """Records from what was sent: {"domain": …}, {"id": …} of one that stays, or both to change one."""
    known = {entry.id: entry for entry in before.domains} if before else {}
    named = {entry.domain: entry for entry in known.values()}
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        faults["domains"].append('Must be a list such as [{"domain": "mail.example.com"}].')
        return ()
    records = [_domain(n, entry, known, named, faults) for n, entry in enumerate(value, start=1)]
    return tuple(record for record in records if record)


def _domain(
    number: int,
    entry: Any,
    known: Mapping[int, ExchangeDomain],
    named: Mapping[str, ExchangeDomain],
    faults: defaultdict[str, list[str]],
) -> ExchangeDomain | None:
    if isinstance(entry, ExchangeDomain):
        return entry
    sent = entry if isinstance(entry, Mapping) else {}
    domain, id_ = sent.get("domain"), sent.get("id")
    old = known.get(id_) if type(id_) is int else None
    if id_ is not None and old is None:
        faults["domains"].append(f"Entry {number}: this integration has no domain of that id.")
        return None
    if domain is None and old:
        return old
    if not isinstance(domain, str):
        faults["domains"].append(f'Entry {number}: must be an object such as {{"domain": "mail.example.com"}}.')
        return None
    old = old or named.get(domain)
    return ExchangeDomain(
        id=old.id if old else UNNUMBERED, domain=domain, creation_time=old.creation_time if old else _NOT_YET
    )


def _errors(values: Mapping[str, Any]) -> list[ErrorDetails]:
    try:
        Integration.model_validate(values)
    except ValidationError as error:
        return error.errors(include_url=False, include_input=False)
    return []


def _message(error: ErrorDetails) -> str:
    """Pydantic's findings in the words of the management API."""
    limits = error.get("ctx", {})
    match error["type"]:
        case "string_too_long":
            return f"Ensure this value has at most {limits['max_length']} characters."
        case "string_too_short":
            return f"Ensure this value has at least {limits['min_length']} characters."
        case "too_long":
            return f"Ensure this list has at most {limits['max_length']} entries."
        case "greater_than_equal":
            return f"Ensure this value is greater than or equal to {limits['ge']}."
        case "less_than_equal":
            return f"Ensure this value is less than or equal to {limits['le']}."
        case "literal_error":
            return f"Must be one of: {limits['expected']}."
        case "string_type":
            return "Must be a string."
        case "int_type":
            return "Must be a whole number."
        case "bool_type":
            return "Must be true or false."
    return f"{error['msg']}."
