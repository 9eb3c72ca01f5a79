"""docs/settings.md matches the model."""

from pathlib import Path

from shared.integrations.integration import settings
from shared.integrations.settings_docs import PATH, settings_page

_ROOT = Path(__file__).parents[4]


def test_the_settings_page_is_current() -> None:
    text = (_ROOT / PATH).read_text(encoding="utf-8")
    assert text == settings_page(), "run: python -m shared.integrations.settings_docs"


def test_every_setting_of_the_api_is_on_the_settings_page() -> None:
    page = settings_page()
    for name, _, setting in settings():
        assert (f"### `{name}`" in page) is not setting.internal
