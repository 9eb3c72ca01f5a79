"""The sign-in dialog's pages: a code for the pane; nothing from outside runs in them."""

from shared.addin.bundle import load
from shared.addin.pane import FOLDER
from shared.addin.sign_in_page import signed_in
from shared.identity.sign_in.codes import by_hand
from tests.support.integrations import an_integration


def test_the_page_that_hands_the_code_over() -> None:
    html, headers = signed_in(load(FOLDER), an_integration(), "1-a.<b>")
    assert '<data id="code" hidden>1-a.&lt;b&gt;</data>' in html
    assert f'<p id="typed"><code>{by_hand("1-a.<b>")}</code></p>' in html, "for when the pane cannot be reached"
    assert '<div id="by-hand" hidden>' in html
    assert "signed-in.js" in html
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "unsafe-none", "or the pane never hears of the code"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
