"""The page after a sign-in, successful or not (shared/web/notice_page.py)."""

from __future__ import annotations

from shared.integrations import Integration
from shared.web.notice_page import notice_page

_KEPT = (
    "The sign-in is stored and renewed automatically. If you ever have to sign in again, an alarm will say why. "
    "You can close this window."
)


def service_account_signed_in(integration: Integration) -> tuple[str, dict[str, str]]:
    """The page for an admin who has signed in the service account (E3), and its headers."""
    facts = {
        "Integration": integration.name,
        "Service account": integration.username,
        "Equipment mailbox": integration.mailbox,
    }
    return notice_page("good", "Successfully signed in", _KEPT, facts)


def failed(heading: str, message: str, reference: str) -> tuple[str, dict[str, str]]:
    """A page that explains what is wrong and what to do, and its headers. The log has details under the reference."""
    return notice_page("bad", heading, message, {"Reference": reference})
