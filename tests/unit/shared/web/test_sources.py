"""X6: the sources of scripts and style sheets, and their precedence."""

import pytest

from shared.web import sources
from tests.support.integrations import an_integration
from tests.unit.shared.web.internal_addresses import INTERNAL

HOSTED = "https://appsforoffice.microsoft.com/lib/1/hosted/office.js"


def test_custom_urls_are_ignored_while_custom_sources_are_disabled() -> None:
    settings = {
        **INTERNAL,
        "use_custom_add_in_sources": False,
        "additional_add_in_script_sources": "https://x.example/a.js",
    }
    integration = an_integration(**settings)
    assert sources.scripts(integration) == [HOSTED]
    assert sources.stylesheets(integration) == []
    assert sources.script_origins(integration) == [
        "https://appsforoffice.microsoft.com",
        "https://ajax.aspnetcdn.com",
    ]


@pytest.mark.parametrize(
    ("additional", "loaded"),
    [
        ("", ["https://files.example.com/office/office.js"]),
        (
            "https://files.example.com/MicrosoftAjax.js\r\n\r\n  https://other.example.com/x.js  \r\n",
            [
                "https://files.example.com/MicrosoftAjax.js",
                "https://other.example.com/x.js",
                "https://files.example.com/office/office.js",
            ],
        ),
        (
            "https://other.example.com/Office.js?v=2\nhttps://other.example.com/x.js",
            ["https://other.example.com/Office.js?v=2", "https://other.example.com/x.js"],
        ),
        ("https://a.example/x.js\nhttps://a.example/x.js", ["https://a.example/x.js", INTERNAL["office_js_url"]]),
    ],
    ids=["only Office.js", "additional first", "another Office.js wins", "each once"],
)
def test_additional_scripts_come_first_and_take_precedence(additional: str, loaded: list[str]) -> None:
    integration = an_integration(**INTERNAL, additional_add_in_script_sources=additional)
    assert sources.scripts(integration) == loaded
    assert set(sources.script_origins(integration)) == {sources.origin(url) for url in loaded}, "there are no others"


def test_custom_sources_determine_the_style_sheets() -> None:
    assert sources.stylesheets(an_integration(**INTERNAL)) == [
        "https://styles.example.com/fabric.min.css",
        "https://styles.example.com/fabric.components.min.css",
    ]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Files.Example.com/a/b.js?x#y", "https://files.example.com"),
        ("https://files.example.com:8443/a.js", "https://files.example.com:8443"),
        ("https://[2001:DB8::1]:8443/a.js", "https://[2001:db8::1]:8443"),
        ("https://user:pass@files.example.com/a.js", "https://files.example.com"),
    ],
)
def test_origins_are_derived_from_urls(url: str, origin: str) -> None:
    assert sources.origin(url) == origin
