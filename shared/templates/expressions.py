r"""Regular expressions in templates, evaluated by RE2.

Python's `re` may backtrack endlessly and cannot be stopped. A time limit would make the result depend on how busy the
machine is. RE2 takes time proportional to the length of the text, whatever the pattern, and a bounded amount of memory.
The price is that patterns may not contain look-around or back-references. Replacements may still refer to groups
(`\1`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from shared.errors import TemplateInvalid
from shared.templates.meter import MAX_VALUE, Meter

_MAX_PATTERN = 500
_MAX_MEMORY = 1 << 18
_REFERENCE = re.compile(r"\\(?:([1-9][0-9]?)|g<(\w+)>|(\\))")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    """RE2's pattern object, from a package without types. Raises TemplateInvalid."""
    import re2  # type: ignore[import-untyped]  # imported here, because few templates need it

    if len(pattern) > _MAX_PATTERN:
        raise TemplateInvalid(f"a regular expression is longer than {_MAX_PATTERN} characters")
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise TemplateInvalid(f"a regular expression is invalid: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


def _matches(meter: Meter, pattern: str, text: str) -> Iterator[Any]:
    """The matches from left to right. Each search may read the text to the end, and is charged accordingly."""
    expression = _compiled(pattern)
    price = 4 + len(text) * (1 + expression.programsize // 16) // 16
    meter.charge(price)
    for match in expression.finditer(text):
        meter.charge(price)
        yield match


def search(meter: Meter, pattern: str, text: str) -> list[str] | None:
    """The groups of the first match, or the whole match if the pattern has no groups. None if there is no match."""
    for match in _matches(meter, pattern, text):
        return list(match.groups(default="")) or [match.group()]
    return None


def replace(meter: Meter, pattern: str, replacement: str, text: str) -> str:
    r"""The text with every match replaced. `\1`, `\g<1>` and `\g<name>` stand for groups. Raises TemplateInvalid."""
    references = {reference.group(): reference for reference in _REFERENCE.finditer(replacement)}
    parts = _parts(replacement)
    pieces: list[str] = []
    end = size = 0
    for match in _matches(meter, pattern, text):
        groups = {written: _group(match, reference) for written, reference in references.items()}
        new = [groups.get(part, part) for part in parts]  # each group only once, even if it occurs repeatedly
        size += match.start() - end + sum(map(len, new))
        if size > MAX_VALUE:
            meter.room(size)
        pieces += (text[end : match.start()], "".join(new))
        end = match.end()
    meter.room(size + len(text) - end)
    return "".join([*pieces, text[end:]])


def _parts(replacement: str) -> list[str]:
    """A replacement split into group references and the literal text between them."""
    parts: list[str] = []
    end = 0
    for reference in _REFERENCE.finditer(replacement):
        parts += (replacement[end : reference.start()], reference.group())
        end = reference.end()
    return [*parts, replacement[end:]]


def _group(match: Any, reference: re.Match[str]) -> str:
    """The text for a group reference in a replacement. Raises TemplateInvalid."""
    number, name, backslash = reference.groups()
    if backslash:
        return "\\"
    try:
        found = match.group(int(number)) if number else match.group(int(name) if name.isdigit() else name)
    except (IndexError, KeyError):
        raise TemplateInvalid(f"a replacement refers to a group that does not exist: {reference.group()}") from None
    return str(found or "")
