"""Writes integrations as YAML that `apply` takes back without a difference."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from shared.cli.checking import comparable
from shared.cli.management import Object
from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS, SECTIONS, Integration

_HEAD = f"""\
# Settings of integrations, for: python -m shared.cli integrations apply FILE
# Secrets are never exported, and applying this file leaves them as they are. They are:
# {", ".join(sorted(SECRET_FIELDS))}
# To set one, name an environment variable: password: !env EXAMPLE_PASSWORD
# The add-in's icon is not part of this file either. docs/settings.md explains every setting.
"""
_STARTS = {name: section.title for section in SECTIONS for name in [next(iter(section.__annotations__))]}


def as_yaml(integrations: Sequence[Object]) -> str:
    """Integrations as the management API shows them, as a YAML list with a heading for each section of settings."""
    yaml = YAML()
    yaml.width = 1_000_000  # a text's lines are not to be folded
    stream = io.StringIO()
    yaml.dump(CommentedSeq(_settings(fields) for fields in integrations), stream)
    return _HEAD + stream.getvalue()


def _settings(fields: Object) -> CommentedMap:
    """The identity first, so that a renamed integration is still the same one; then all that admins set, in order."""
    left_out = READ_ONLY_FIELDS | SECRET_FIELDS | {"uuid"}
    names = [name for name in Integration.model_fields if name in fields and name not in left_out]
    written = CommentedMap({"uuid": fields["uuid"]})
    for name in names:
        written[name] = _value(name, fields[name])
        if name in _STARTS:
            written.yaml_set_comment_before_after_key(name, before=f"\n{_STARTS[name]}", indent=2)
    return written


def _value(name: str, value: Any) -> Any:
    if name == "domains":
        return CommentedSeq(CommentedMap({"domain": domain}) for domain in comparable(name, value))
    text = comparable(name, value)
    return LiteralScalarString(text) if isinstance(text, str) and "\n" in text else text
