"""Graph behaviours on which reports differ (docs/facts/graph.md). Tests can choose between them. The product must work
with all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


class VariantError(ValueError):
    """A variant does not exist. The message lists the existing variants."""


@dataclass
class Variants:
    """The service's behaviours on which reports differ. By default, it behaves as in most reports.

    ``gone_event_is_null``: the expanded event of a deleted meeting is null instead of an empty object. ``uid``: events
    have the undeclared property `uid`. ``original_start``: the property is returned when requested ("select"), always,
    or never. ``instances_with_exceptions``: `/instances` lists occurrences that differ from their series.
    ``handshake_error``: how a refused subscription handshake is reported.
    """

    gone_event_is_null: bool = False
    uid: bool = True
    original_start: str = "select"
    instances_with_exceptions: bool = True
    handshake_error: str = "ValidationError"

    def change(self, given: Mapping[str, Any]) -> None:
        """Switch some variants; raises `VariantError`."""
        known = {field.name: type(field.default) for field in fields(self)}
        for name, value in given.items():
            if type(value) is not known.get(name) or value not in CHOICES.get(name, (value,)):
                raise VariantError(f"'{name}' cannot be {value!r}; must be one of {known}, {CHOICES}")
        for name, value in given.items():
            setattr(self, name, value)


CHOICES = {
    "original_start": ("select", "always", "never"),
    "handshake_error": ("ValidationError", "InvalidRequest", "ExtensionError403", "ExtensionError503"),
}
