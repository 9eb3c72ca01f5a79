"""Entra tokens in the pane (X5): nested app authentication with the genuine MSAL, over a bridge like Outlook's."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from tests.browser.outlook import DETAILS, Outlook
from tests.browser.single_use import ADD, AGENDA

CLIENT = "aaaaaaaa-1111-4111-8111-111111111111"
SCOPE = "api://bbbbbbbb-1111-4111-8111-111111111111/access_as_user"
AUTHORITY = "https://login.microsoftonline.com/cccccccc-1111-4111-8111-111111111111"

# Outlook's end of the bridge is window.nestedAppAuthBridge. MSAL calls its methods "GetInitContext", "GetToken"
# (silent) and "GetTokenPopup". FAIL lists the methods that fail.
BRIDGE = """
(() => {
  let hear = () => {};
  window.asked = [];
  const account = { environment: 'login.microsoftonline.com', homeAccountId: 'h.t', localAccountId: 'h', tenantId: 't',
    username: 'alice@example.com' };
  const token = { access_token: 'entra-token', id_token: ID_TOKEN, expires_in: 3600, scope: 'access_as_user' };
  window.nestedAppAuthBridge = {
    addEventListener: (_, listener) => { hear = listener; },
    removeEventListener: () => {},
    postMessage: text => {
      const { method, requestId, tokenParams } = JSON.parse(text);
      window.asked.push([method, tokenParams?.clientId, tokenParams?.scope]);
      const success = !FAIL.includes(method);
      const answer = { messageType: 'NestedAppAuthResponse', requestId, success, account, token,
        initContext: { sdkName: 'fake', sdkVersion: '1', capabilities: {}, accountContext: account },
        error: { status: 'USER_INTERACTION_REQUIRED', code: 'interaction_required', subError: '' } };
      setTimeout(() => hear(JSON.stringify(answer)));
    },
  };
})();
"""


def bridge(*fail: str) -> str:
    def part(claims: dict[str, Any]) -> str:
        return urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")

    claims = {"oid": "h", "tid": "t", "preferred_username": "alice@example.com", "sub": "s"}
    id_token = f"{part({'alg': 'RS256'})}.{part(claims)}.signature"
    return BRIDGE.replace("ID_TOKEN", json.dumps(id_token)).replace("FAIL", json.dumps(fail))


async def token_of_a_click(outlook: Outlook, script: str = "", **sets: str) -> str | None:
    """The token with which the pane requests an alias."""
    outlook.config = {
        "identity": {
            "method": "nested_app",
            "client_id": CLIENT,
            "scope": SCOPE,
            "authority": AUTHORITY,
            "dialog_url": "",
        }
    }
    await outlook.open({"body": AGENDA}, script=script, sets=sets)
    async with outlook.page.expect_request(f"**{DETAILS}") as asked:
        await outlook.click(ADD)
    return await (await asked.value).header_value("token")


async def test_the_access_token_for_our_own_api_is_sent(outlook: Outlook) -> None:
    token = await token_of_a_click(outlook, bridge(), NestedAppAuth="1.1")
    assert token == "entra-token"
    asked = await outlook.frame().evaluate("asked")
    assert asked[0][0] == "GetInitContext"
    assert {tuple(question) for question in asked[1:]} == {("GetToken", CLIENT, SCOPE)}
    assert not [complaint for complaint in outlook.complaints if "Content Security Policy" in complaint]


async def test_consent_is_requested_only_after_a_click(outlook: Outlook) -> None:
    token = await token_of_a_click(outlook, bridge("GetToken"), NestedAppAuth="1.1")
    assert token == "entra-token"
    methods = [method for method, *_ in await outlook.frame().evaluate("asked")]
    assert methods.count("GetTokenPopup") == 1, "opening the pane must not open a window"


@pytest.mark.parametrize("fail", [("GetInitContext",), ("GetToken", "GetTokenPopup")])
async def test_if_nested_authentication_fails_the_exchange_token_is_used(
    outlook: Outlook, fail: tuple[str, ...]
) -> None:
    """Some Outlooks claim to support nested authentication, but fail (docs/facts/outlook-addin.md)."""
    outlook.token = "exchange-token"
    assert await token_of_a_click(outlook, bridge(*fail), NestedAppAuth="1.1") == "exchange-token"


async def test_msal_is_not_loaded_if_nested_authentication_is_not_supported(outlook: Outlook) -> None:
    outlook.token = "exchange-token"
    assert await token_of_a_click(outlook, bridge()) == "exchange-token"
    assert not any("msal" in url for url in outlook.requests)


async def test_the_pane_does_not_wait_for_a_bridge_that_never_responds(outlook: Outlook) -> None:
    outlook.token = "exchange-token"
    outlook.config = {"identity": {"method": "nested_app", "client_id": CLIENT, "scope": SCOPE, "authority": AUTHORITY}}
    mute = "window.nestedAppAuthBridge = { addEventListener() {}, removeEventListener() {}, postMessage() {} };"
    await outlook.open({"body": AGENDA}, script=mute, sets={"NestedAppAuth": "1.1"}, clock=True)
    await outlook.pane.get_by_role("button", name=ADD).click()
    async with outlook.page.expect_request(f"**{DETAILS}") as asked:
        await outlook.until_requested("msal-browser")
        await outlook.pass_time(15_000)
    assert await (await asked.value).header_value("token") == "exchange-token"
