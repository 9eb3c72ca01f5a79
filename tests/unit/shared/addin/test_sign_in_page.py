"""The sign-in dialog's pages pass a code to the pane and run no third-party scripts."""

from shared.addin.bundle import load
from shared.addin.pane import FOLDER
from shared.addin.sign_in_page import signed_in
from shared.identity.sign_in.codes import by_hand
from tests.support.integrations import an_integration


def test_the_result_page_passes_the_code_to_the_pane() -> None:
    html, headers = signed_in(load(FOLDER), an_integration(), "1-a.<b>")
    assert '<data id="code" hidden>1-a.&lt;b&gt;</data>' in html
    assert f'<p id="typed"><code>{by_hand("1-a.<b>")}</code></p>' in html, "in case the pane cannot be reached"
    assert '<div id="by-hand" hidden>' in html
    assert "signed-in.js" in html
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "unsafe-none", "otherwise the pane would never receive the code"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
