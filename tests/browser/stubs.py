"""Stubs for the personal VMR and sign-in dialog routes, for tests of the pane alone. Their responses have the
shapes that the contract defines.
"""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Route

from tests.browser.outlook import OFFICE, PERSONAL, SIGN_IN, Outlook

REDEEM = f"{SIGN_IN}/redeem"
SCRIPT = f"{SIGN_IN}/stub.js"
SESSION = "session-of-alice"


def vmr(name: str, /, **more: str) -> dict[str, str]:
    """A personal VMR in the contract's shape."""
    address = f"https://vmr.example.com/webapp/#/?conference={name.lower()}"
    text = f"Join {name}'s room:\n{address}"
    html = f'<div>Join {name}\'s room:<br><a href="{address}">{address}</a></div>'
    return {
        "name": f"{name}'s room", "description": f"The room of {name}", "instructions": html,
        "instructions_text": text, "location": address,
    } | more  # fmt: skip


class PersonalVmrs:
    """Stub the list and the sign-in. `message` is what the dialog sends to the pane; None leaves the dialog open."""

    def __init__(self, outlook: Outlook, vmrs: list[dict[str, str]], *, signed_in: bool = True) -> None:
        self.vmrs = vmrs
        self.signed_in = signed_in
        self.message: dict[str, Any] | None = {"code": "one-time-code"}
        self._challenge = ""
        outlook.config = {
            "modes": {"single_use": True, "personal": True},
            "identity": {"dialog_url": SIGN_IN},
        }
        outlook.answers |= {PERSONAL: self._list, SIGN_IN: self._dialog, SCRIPT: self._script, REDEEM: self._redeem}

    async def _list(self, route: Route) -> None:
        if self.signed_in or await route.request.header_value("token") == SESSION:
            await route.fulfill(json={"status": "success", "result": self.vmrs})
        else:
            error = {"code": "sign_in_needed", "message": "Sign in to see your VMRs.", "correlation_id": "c-1"}
            await route.fulfill(status=401, json={"status": "failure", "error": error})

    async def _dialog(self, route: Route) -> None:
        [self._challenge] = parse_qs(urlsplit(route.request.url).query)["challenge"]
        scripts = (f"https://{OFFICE}/lib/1/hosted/office.js", SCRIPT)
        tags = "".join(f'<script src="{url}"></script>' for url in scripts)
        await route.fulfill(content_type="text/html", body=f"<!doctype html><title>Sign in</title>{tags}<p>Signing in")

    async def _script(self, route: Route) -> None:
        send = (
            "" if self.message is None else f"Office.context.ui.messageParent({json.dumps(json.dumps(self.message))})"
        )
        await route.fulfill(content_type="text/javascript", body=f"Office.onReady(() => {{ {send} }});")

    async def _redeem(self, route: Route) -> None:
        given: dict[str, str] = route.request.post_data_json or {}
        verified = urlsafe_b64encode(sha256(given["verifier"].encode()).digest()).decode().rstrip("=")
        if given["code"] == "one-time-code" and verified == self._challenge:
            await route.fulfill(json={"status": "success", "result": {"token": SESSION}})
        else:
            error = {"code": "invalid_code", "message": "This sign-in is not valid.", "correlation_id": "c-2"}
            await route.fulfill(status=401, json={"status": "failure", "error": error})
