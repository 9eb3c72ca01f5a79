"""The pages at the end of a sign-in show text literally, so nothing in it can do harm."""

import re
from base64 import b64encode
from hashlib import sha256

from shared.identity.sign_in.notice import failed, service_account_signed_in
from tests.support.integrations import an_integration


def test_a_failure_page_runs_no_scripts_and_shows_text_literally() -> None:
    html, headers = failed("<b>Failed", "Tell <script>alert(1)</script>", "r-1")
    assert "<script>" not in html
    assert "Tell &lt;script&gt;" in html
    assert "<dt>Reference</dt><dd>r-1</dd>" in html
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cross-Origin-Opener-Policy"] == "unsafe-none", "the pane has to notice when the dialog closes"


def test_only_the_pages_own_style_sheet_applies() -> None:
    html, headers = failed("Failed", "<style>body { display: none }</style>", "r-1")
    [style] = re.findall("<style>(.*?)</style>", html, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_an_admin_sees_which_account_was_signed_in_for_which_integration() -> None:
    integration = an_integration(name="R&D", username="svc@example.com")
    html, _ = service_account_signed_in(integration)
    assert '<main data-tone="good">' in html
    for shown in ("Successfully signed in", "R&amp;D", "svc@example.com", integration.mailbox):
        assert shown in html
    assert "<dd></dd>" not in service_account_signed_in(an_integration())[0]  # without a user name
