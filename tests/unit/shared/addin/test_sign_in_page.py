"""The sign-in dialog's pages: a code for the pane, or a notice; nothing from outside runs in them."""

from shared.addin.bundle import load
from shared.addin.pane import FOLDER
from shared.addin.sign_in_page import notice, signed_in
from tests.unit.shared.integrations.samples import an_integration


def test_the_page_that_hands_the_code_over() -> None:
    html, headers = signed_in(load(FOLDER), an_integration(), "1-a.<b>")
    assert '<data id="code" hidden>1-a.&lt;b&gt;</data>' in html
    assert "signed-in.js" in html
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "unsafe-none", "or the pane never hears of the code"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_a_notice_runs_nothing_and_shows_texts_as_they_are() -> None:
    html, headers = notice("<b>Failed", "Tell <script>alert(1)</script>", "r-1")
    assert "<script>" not in html
    assert "Tell &lt;script&gt;" in html
    assert "Reference: r-1" in html
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Reference" not in notice("Done", "Close this window.")[0]
