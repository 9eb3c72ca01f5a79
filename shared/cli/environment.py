"""Values that a file takes from environment variables, so that it need not contain secrets."""

from collections.abc import Mapping
from dataclasses import replace

from shared.cli.faults import FileRefused
from shared.cli.reading import Entry, FromEnvironment
from shared.integrations.integration import SECRET_FIELDS


def resolved(entry: Entry, environ: Mapping[str, str]) -> Entry:
    """The integration with the variables' values. Raises FileRefused if a variable is unset or empty. An empty variable
    would clear the setting, which must never happen in a pipeline that has lost its secrets.
    """
    missing = [
        entry.fault(field, f"the environment variable {value.name} is not set or is empty.")
        for field, value in entry.fields.items()
        if isinstance(value, FromEnvironment) and not environ.get(value.name)
    ]
    if missing:
        raise FileRefused(missing)
    values = {
        field: environ[value.name] if isinstance(value, FromEnvironment) else value
        for field, value in entry.fields.items()
    }
    variables = {field: each.name for field, each in entry.fields.items() if isinstance(each, FromEnvironment)}
    return replace(entry, fields=values, variables=variables)


def without_secrets(entry: Entry) -> Entry:
    """The integration with placeholders for secret variables: a file can be validated without its secrets."""
    hidden = {
        field: "given"
        for field, value in entry.fields.items()
        if isinstance(value, FromEnvironment) and field in SECRET_FIELDS
    }
    return replace(entry, fields={**entry.fields, **hidden})


def bare_secrets(entry: Entry) -> list[str]:
    """Fields whose secrets are written in the file itself."""
    return sorted(field for field in SECRET_FIELDS if isinstance(value := entry.fields.get(field), str) and value)
