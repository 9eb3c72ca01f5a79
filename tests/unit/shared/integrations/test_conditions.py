"""Conditions are data from which checks, texts and JSON schemas are derived. They refer to existing settings."""

from types import SimpleNamespace
from typing import Any, get_args

import pytest

from shared.integrations import conditions
from shared.integrations.combinations import _COMBINATIONS
from shared.integrations.conditions import AllOf, AnyOf, Comparison, Condition, Operator
from shared.integrations.integration import Integration, settings

USED = {setting.required for _, _, setting in settings() if setting.required} | {each.when for each in _COMBINATIONS}
DEFINED = {value for value in vars(conditions).values() if isinstance(value, Comparison | AllOf | AnyOf)}

ON = Comparison("on", Operator.IS, (True,))
WAY = Comparison("way", Operator.IS, ("a", "b", "c"))
OTHER = Comparison("way", Operator.IS_NOT, ("c",))
NAMED = Comparison("name", Operator.IS_SET)
NAMELESS = Comparison("name", Operator.IS_EMPTY)


EVERY: list[Condition] = sorted([*DEFINED, *(USED - DEFINED)], key=lambda condition: condition.text())


@pytest.mark.parametrize("condition", EVERY, ids=lambda condition: condition.text())
def test_conditions_refer_to_existing_settings_and_values(condition: Condition) -> None:
    for each in condition.comparisons():
        annotation = Integration.model_fields[each.field].annotation
        possible = {True, False} if annotation is bool else set(get_args(annotation)) - {type(None)}
        assert set(each.values) <= possible
        assert bool(each.values) is (each.operator in (Operator.IS, Operator.IS_NOT))


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (ON, "on is true"),
        (Comparison("on", Operator.IS, (False,)), "on is false"),
        (WAY, "way is a, b or c"),
        (Comparison("way", Operator.IS, ("a", "b")), "way is a or b"),
        (OTHER, "way is not c"),
        (NAMED, "name is set"),
        (NAMELESS, "name is empty"),
        (AllOf((ON, OTHER)), "on is true and way is not c"),
        (AllOf((ON, OTHER, NAMED)), "on is true, way is not c and name is set"),
        (AllOf((AnyOf((ON, NAMED)), OTHER)), "on is true or name is set, and way is not c"),
        (AllOf(()), "always"),
    ],
)
def test_the_text_of_a_condition_is_derived_from_its_data(condition: Condition, text: str) -> None:
    assert condition.text() == text


def test_names_and_values_can_be_marked_in_the_text() -> None:
    assert AllOf((ON, WAY)).text("`") == "`on` is `true` and `way` is `a`, `b` or `c`"


@pytest.mark.parametrize(
    ("condition", "holds_for", "not_for"),
    [
        (ON, [{"on": True}], [{"on": False}]),
        (WAY, [{"way": "a"}, {"way": "c"}], [{"way": "d"}]),
        (OTHER, [{"way": "a"}], [{"way": "c"}]),
        (NAMED, [{"name": "x"}], [{"name": ""}, {"name": None}]),
        (NAMELESS, [{"name": ""}, {"name": None}], [{"name": "x"}]),
        (AllOf((ON, NAMED)), [{"on": True, "name": "x"}], [{"on": True, "name": ""}, {"on": False, "name": "x"}]),
        (AnyOf((ON, NAMED)), [{"on": True, "name": ""}, {"on": False, "name": "x"}], [{"on": False, "name": ""}]),
        (AllOf(()), [{}], []),
    ],
    ids=lambda value: value.text() if isinstance(value, Comparison | AllOf | AnyOf) else "",
)
def test_the_check_of_a_condition_is_derived_from_its_data(
    condition: Condition, holds_for: list[dict[str, Any]], not_for: list[dict[str, Any]]
) -> None:
    assert all(condition.holds(SimpleNamespace(**record)) for record in holds_for)
    assert not any(condition.holds(SimpleNamespace(**record)) for record in not_for)
