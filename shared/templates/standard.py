"""The 18 standard filters that admins' templates may use (docs/facts/pexip.md §7).

They work like Jinja2's filters, but have no `attribute` arguments, and check the size of a result before creating it.
Each receives the rendering's Meter ahead of the template's arguments.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from jinja2 import Undefined
from jinja2 import filters as jinja
from markupsafe import Markup, escape, soft_str

from shared.templates.meter import Exhausted, Meter

Filter: TypeAlias = Callable[..., Any]

_MAX_WIDTH = 250
_MAX_PRECISION = 15
_CONVERSION = re.compile(
    r"%(?:\((?P<key>[^()]*)\))?[-#0 +]*(?P<width>\d*)(?:\.(?P<precision>\d*))?(?P<kind>.|$)", re.DOTALL
)


def _alike(*texts: object) -> list[str]:
    """The strings, all HTML-escaped if one of them is markup, so that joining a value to markup does not turn the value
    into markup.
    """
    if any(isinstance(text, Markup) for text in texts):
        return [escape(text) for text in texts]
    return [soft_str(text) for text in texts]


def _capitalize(_: Meter, value: object) -> str:
    return soft_str(value).capitalize()


def _first(_: Meter, value: Sequence[Any]) -> Any:
    return next(iter(value), Undefined(name="first"))


def _last(_: Meter, value: Sequence[Any]) -> Any:
    return next(iter(reversed(value)), Undefined(name="last"))


def _format(meter: Meter, value: object, *args: object, **kwargs: object) -> str:
    """Printf formatting. Widths are bounded and must be in the text itself, because `%1000000000d` or `%*d` could be
    used for attacks.
    """
    text = soft_str(value)
    longest = max((len(soft_str(each)) for each in (*args, *kwargs.values())), default=0)
    size = len(text)
    for conversion in _CONVERSION.finditer(text):
        if conversion["kind"] not in "sdifFeEgGxXo%" or not conversion["kind"]:
            raise TypeError("format allows the conversions s, d, i, f, e, g, x, o and %%, without *")
        width = max(int(conversion["width"] or 0), int(conversion["precision"] or 0))
        if width > _MAX_WIDTH:
            raise Exhausted(f"format produces text wider than {_MAX_WIDTH}")
        size += width + longest
    meter.room(size)
    return text % (kwargs or args)


def _join(meter: Meter, value: Sequence[object], separator: object = "") -> str:
    between, *pieces = _alike(separator, *value)
    meter.room(sum(map(len, pieces)) + len(between) * len(pieces))
    return between.join(pieces)


def _lower(_: Meter, value: object) -> str:
    return soft_str(value).lower()


def range_(meter: Meter, *bounds: int) -> list[int]:
    """Numbers as a list. Templates can also use this as a function, as in Jinja2."""
    numbers = range(*bounds)
    meter.room(len(numbers))
    return list(numbers)


def _replace(meter: Meter, value: object, old: object, new: object, count: int | None = None) -> str:
    text, before, after = _alike(value, old, new)
    found = text.count(before)
    times = found if count is None or count < 0 else min(found, count)
    meter.room(len(text) + times * (len(after) - len(before)))
    return text.replace(before, after, times)


def _round(_: Meter, value: float, precision: int = 0, method: Any = "common") -> float:
    if abs(precision) > _MAX_PRECISION:
        raise Exhausted(f"round accepts at most {_MAX_PRECISION} digits")
    return jinja.do_round(value, precision, method)


def _striptags(meter: Meter, value: object) -> str:
    text = soft_str(value)
    meter.scan(len(text), text.count("<"))  # markupsafe copies the text once per tag
    return Markup(text).striptags()  # noqa: S704 (it returns plain text, which is escaped again)


def _trim(meter: Meter, value: object, chars: str | None = None) -> str:
    text = soft_str(value)
    meter.scan(len(text), len(chars or ""))
    return text.strip(chars)


def _truncate(
    _: Meter, value: object, length: int = 255, killwords: bool = False, end: str = "...", leeway: int = 5
) -> str:
    text = soft_str(value)
    if len(text) <= length + leeway:
        return text
    kept = text[: max(length - len(end), 0)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + end


def _upper(_: Meter, value: object) -> str:
    return soft_str(value).upper()


FILTERS: Mapping[str, Filter] = {
    "abs": lambda _, value: abs(value),
    "capitalize": _capitalize,
    "default": lambda _, *args, **kwargs: jinja.do_default(*args, **kwargs),
    "first": _first,
    "float": lambda _, value, default=0.0: jinja.do_float(value, default),
    "format": _format,
    "int": lambda _, value, default=0, base=10: jinja.do_int(value, default, base),
    "join": _join,
    "last": _last,
    "length": lambda _, value: len(value),
    "lower": _lower,
    "range": range_,
    "replace": _replace,
    "round": _round,
    "striptags": _striptags,
    "trim": _trim,
    "truncate": _truncate,
    "upper": _upper,
}
"""The filters, keyed by their names in templates."""
