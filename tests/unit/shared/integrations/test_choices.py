"""The labels that a form shows for settings with fixed choices."""

from typing import get_args

from shared.integrations.integration import settings


def test_every_choice_has_a_label_and_every_label_a_choice() -> None:
    for name, field, setting in settings():
        values = [each for each in get_args(field.annotation) if isinstance(each, str)]
        assert list(setting.choices or {}) == values, name
