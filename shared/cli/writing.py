"""Writes integrations as YAML. Applying it would change nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from shared.cli.checking import comparable
from shared.cli.management import Object
from shared.cli.reading import FromEnvironment
from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS, SECTIONS, Integration
from shared.integrations.setting import setting_of

_HEAD = f"""\
# Settings of integrations, for: vmr integrations apply FILE
# Secrets are never exported, and applying this file leaves them as they are. The secrets are:
# {", ".join(sorted(SECRET_FIELDS))}
# To set one, name an environment variable: password: !env EXAMPLE_PASSWORD
# The add-in's icon is not part of this file either. docs/settings.md explains every setting.
"""
_OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")
"""Characters that YAML 1.1 treats as line endings."""
_STARTS = {name: section.title for section in SECTIONS for name in [next(iter(section.__annotations__))]}


def as_yaml(integrations: Sequence[Object]) -> str:
    """Integrations from the management API as a YAML list with a heading for each section of settings."""
    yaml = YAML()
    yaml.width = 1_000_000  # so that the lines of strings are not folded
    stream = io.StringIO()
    yaml.dump(CommentedSeq(_settings(fields) for fields in integrations), stream)
    return _HEAD + stream.getvalue()


def as_first_file(fields: Mapping[str, Any]) -> str:
    """Some settings of a new integration, each with its label, and secrets as `!env` (FromEnvironment)."""
    yaml = YAML()
    written = CommentedMap()
    for name, field in Integration.model_fields.items():
        if name in fields:
            value = fields[name]
            if isinstance(value, FromEnvironment):
                value = TaggedScalar(value.name, style="", tag="!env")
            written[name] = value
            written.yaml_set_comment_before_after_key(name, before=setting_of(field).label)
    stream = io.StringIO()
    yaml.dump(written, stream)
    return _HEAD + stream.getvalue()


def _settings(fields: Object) -> CommentedMap:
    """The identity first, so that a renamed integration is still recognized; then all settings, in order."""
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
    return _text(text) if isinstance(text, str) else text


def _text(text: str) -> Any:
    """Write multi-line strings as blocks. Strings that a block would not preserve exactly, with other line separators
    or trailing blank lines, are escaped.
    """
    if _OTHER_BREAKS.search(text) or text.startswith("\n") or text.endswith("\n\n"):
        return DoubleQuotedScalarString(text)
    return LiteralScalarString(text) if "\n" in text else text
