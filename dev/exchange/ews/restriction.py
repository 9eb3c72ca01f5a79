"""Restrictions and sort orders in FindItem. They apply to the values from which properties are rendered."""

from collections.abc import Callable, Iterator
from datetime import datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from dev.exchange.ews import extended, render
from dev.exchange.ews.call import Call, Thing
from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.xml import Element, child, children, is_true, local, moment, text

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "IsEqualTo": eq,
    "IsNotEqualTo": ne,
    "IsGreaterThan": gt,
    "IsGreaterThanOrEqualTo": ge,
    "IsLessThan": lt,
    "IsLessThanOrEqualTo": le,
}
_MODES: dict[str, Callable[[str, str], bool]] = {
    "FullString": lambda whole, part: whole == part,
    "Prefixed": lambda whole, part: whole.startswith(part),
    "Substring": lambda whole, part: part in whole,
}
_PATHS = ("FieldURI", "ExtendedFieldURI")


def matches(call: Call, thing: Thing, condition: Element) -> bool:
    """Whether an item matches a search expression; raises `EwsError` if the expression is unsupported."""
    return compares(condition, lambda holder: _value(call, thing, holder))


def compares(condition: Element, value_of: Callable[[Element], Any]) -> bool:
    """Evaluate a search expression. ``value_of`` returns the value of the property given by an element."""
    kind = local(condition)
    if kind in ("And", "Or", "Not"):
        found = (compares(part, value_of) for part in children(condition))
        return any(found) if kind == "Or" else all(found) is (kind == "And")
    value = value_of(condition)
    if kind == "Exists":
        return value is not None
    if kind == "Contains":
        return _contains(value, condition)
    if kind not in _COMPARISONS:
        raise EwsError("ErrorUnsupportedPathForQuery", f"The search expression {kind} is not supported here.")
    wanted = _constant(child(condition, "FieldURIOrConstant"))
    return value is not None and bool(_COMPARISONS[kind](value, _of_same_type(wanted, value)))


def sort_key(call: Call, thing: Thing, order: Element) -> tuple[bool, Any]:
    """An item's sort key. Items without the property come first."""
    value = _value(call, thing, order)
    return value is not None, value if value is not None else ""


def _contains(value: Any, condition: Element) -> bool:
    mode, part = condition.get("ContainmentMode", "FullString"), _constant(condition)
    if mode not in _MODES:
        raise EwsError("ErrorUnsupportedPathForQuery", f"The containment mode {mode} is not supported here.")
    whole = "" if value is None else str(value)
    if condition.get("ContainmentComparison", "Exact") != "Exact":
        whole, part = whole.casefold(), part.casefold()
    return value is not None and _MODES[mode](whole, part)


def _constant(parent: Element | None) -> str:
    constant = child(parent, "Constant")
    if constant is None:
        raise EwsError("ErrorUnsupportedPathForQuery", "Only comparisons with constants are supported here.")
    return str(constant.get("Value", ""))


def _of_same_type(constant: str, value: Any) -> Any:
    if isinstance(value, bool):
        return is_true(constant)
    if isinstance(value, datetime):
        return moment(constant)
    try:
        return type(value)(constant)
    except ValueError as error:
        raise EwsError("ErrorInvalidValueForProperty", f"'{constant}' is not valid for the property.") from error


def _value(call: Call, thing: Thing, holder: Element) -> Any:
    path = next((item for item in children(holder) if local(item) in _PATHS), None)
    if path is None:
        raise EwsError("ErrorUnsupportedPathForQuery", "The property in the search expression is not supported here.")
    if local(path) == "ExtendedFieldURI":
        if path.get("PropertyType") == "Binary" and not call.exchange.ews.searches_binary:
            raise EwsError("ErrorUnsupportedPathForQuery", "Searching by this property is not supported here.")
        return next(_extended(call, thing, path), None)
    uri = str(path.get("FieldURI", ""))
    value = render.value(call, thing, uri)
    value = value() if callable(value) else value
    return "".join(value.itertext("{*}EmailAddress")) if hasattr(value, "itertext") else value


def _extended(call: Call, thing: Thing, path: Element) -> Iterator[str]:
    for shown in extended.of(call.exchange.ews.properties, thing, (extended.read(path),)):
        yield text(shown, "Value")
