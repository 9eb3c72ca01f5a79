"""The pane's page has its links and data in the right places, and neither can run as code."""

import json
import re
from html.parser import HTMLParser

import pytest

from shared.addin.bundle import ROUTE, Bundle
from shared.addin.page import commands, page
from shared.web.assets import Asset, Assets

ASSETS = {f"h-{name}": Asset(b"", b"", "text/plain") for name in ("main.js", "a.js", "pane.css")}
MODULES = ["/addin/assets/h-a.js", "/addin/assets/h-main.js"]
SOURCE = "<head>\n<!-- head -->\n<!-- config -->\n<!-- scripts -->\n</head>"
BUNDLE = Bundle(Assets(ROUTE, "h", ASSETS), SOURCE, MODULES, SOURCE, "")


class Tags(HTMLParser):
    """A page's tags and the text of its scripts, as parsed by a browser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data)


def test_scripts_run_in_order_and_the_main_module_does_not_wait_for_them() -> None:
    read = Tags(page(BUNDLE, ["https://x.example/ajax.js", "https://x.example/office.js"], {}))
    scripts = [attributes for tag, attributes in read.tags if tag == "script" and attributes.get("src")]
    assert scripts == [
        {"defer": None, "src": "https://x.example/ajax.js"},
        {"defer": None, "src": "https://x.example/office.js"},
        {"async": None, "type": "module", "src": "/addin/assets/h-main.js"},
    ]
    links = [(attributes["rel"], attributes["href"]) for tag, attributes in read.tags if tag == "link"]
    assert links == [*(("modulepreload", url) for url in MODULES), ("stylesheet", "/addin/assets/h-pane.css")]


def test_a_url_cannot_break_out_of_its_attribute() -> None:
    url = 'https://x.example/a.js?"><script>alert(1)</script>&amp;'
    read = Tags(page(BUNDLE, [url], {}))
    assert [attributes["src"] for tag, attributes in read.tags if "defer" in attributes] == [url]
    assert not [text for text in read.texts if "alert" in text]


NASTY = "</script><script>alert(1)</script><!-- <script> ]]> & \u2028 <!-- config --> <!-- scripts -->"


def test_nothing_in_the_configuration_is_ever_executed() -> None:
    config = {"texts": {"pane_title": NASTY}}
    made = page(BUNDLE, [], config)
    [block] = re.findall(r'<script type="application/json" id="config">(.*?)</script>', made, re.DOTALL)
    assert json.loads(block) == config
    assert [tag for tag, _ in Tags(made).tags].count("script") == 2


def test_commands_run_after_office_js_and_the_event_script() -> None:
    bundle = Bundle(Assets(ROUTE, "h", ASSETS | {"h-command.js": ASSETS["h-a.js"]}), "", MODULES, SOURCE, "")
    for launch, expected in (("/addin/u/launch.js", ["/addin/u/launch.js"]), ("", [])):
        read = Tags(commands(bundle, ["https://x.example/office.js"], launch, {}))
        scripts = [attributes["src"] for tag, attributes in read.tags if tag == "script" and attributes.get("src")]
        assert scripts == ["https://x.example/office.js", *expected, "/addin/assets/h-command.js"]


def test_a_page_without_its_placeholders_is_refused() -> None:
    with pytest.raises(ValueError, match="<!-- scripts -->"):
        page(Bundle(Assets(ROUTE, "h", ASSETS), "<!-- head --><!-- config -->", MODULES, "", ""), [], {})
