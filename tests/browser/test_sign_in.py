"""The whole sign-in in a real browser (X5, P2), with pane, dialog, provider, callback and session, but no stubs."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page

from dev.provider.registry import SERVICE_APP, TENANT
from tests.browser.looks import LOOKS, violations
from tests.browser.personal import LIST
from tests.browser.sign_in_dialog import CONNECTORS, NO_TOKEN, PROVIDERS, Deployment
from tests.browser.single_use import ADD, TAG

CHOOSE = "Select the VMR you want to add to the meeting"
OWN = ["Alice's room", "Team Red"]
"""Alice's VMRs, which exist when the stack starts (dev/seed.py)."""


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_user_signs_in_through_the_dialog_and_adds_a_vmr(deployment: Deployment, provider: str) -> None:
    outlook = deployment.outlook
    await deployment.open(await deployment.integration(provider), faults=NO_TOKEN)
    await outlook.click(ADD)
    assert await outlook.buttons() == ["Sign In", "Back"]
    async with outlook.page.expect_response("**/redeem") as redeemed:
        await deployment.sign_in()
    assert await outlook.text("heading") == "Success"
    assert len(TAG.findall((await outlook.meeting())["body"])) == 1
    session = (await (await redeemed.value).json())["result"]["token"]
    assert not [url for url in outlook.requests if session in url], "no token in a URL"


async def test_a_signed_in_user_is_not_asked_again_until_signing_out(deployment: Deployment) -> None:
    """This only applies to one pane: the browser stores nothing for a page in another site's frame, so a new pane asks
    again.
    """
    outlook = deployment.outlook
    integration = await deployment.integration(enable_personal_vmrs=True)
    await deployment.open(integration, faults=NO_TOKEN)
    await outlook.click(LIST)
    await deployment.sign_in()
    assert await outlook.text("message") == CHOOSE
    await outlook.click("Back")
    await outlook.click(LIST)
    assert await outlook.buttons() == [*OWN, "Sign out", "Back"]
    await outlook.click("Sign out")
    assert await outlook.buttons() == ["Sign In", "Back"]
    await outlook.click("Back")
    await outlook.click(LIST)
    assert await outlook.buttons() == ["Sign In", "Back"]


async def test_the_sign_in_is_remembered_with_outlooks_own_token(deployment: Deployment) -> None:
    """In another browser with the same mailbox, Exchange's token for its user is enough once the sign-in is
    remembered."""
    outlook = deployment.outlook
    integration = await deployment.integration(enable_personal_vmrs=True)
    who = {"user": outlook.user, "audience": f"{deployment.stack.functions}/addin/{integration['uuid']}/pane"}
    answer = await deployment.admin.post(f"{deployment.stack.exchange}/dev/identity-token", json=who)
    outlook.token = answer.json()["token"]
    await deployment.open(integration)
    await outlook.click(LIST)
    await deployment.sign_in()
    assert await outlook.text("message") == CHOOSE
    await outlook.close()
    await deployment.open(integration)
    await outlook.click(LIST)
    assert await outlook.buttons() == [*OWN, "Back"], "the user is not asked, and there is no session to sign out of"


async def test_a_user_who_cancels_the_sign_in_is_told_so_in_the_dialog_and_may_try_again(
    deployment: Deployment,
) -> None:
    outlook = deployment.outlook
    await deployment.open(await deployment.integration(), faults=NO_TOKEN)
    await outlook.click(ADD)
    dialog = await deployment.dialog()
    await dialog.get_by_role("button", name="Cancel").click()
    assert "cancelled" in await dialog.locator("#message").inner_text()
    assert "AADSTS65004" in await dialog.locator("#message").inner_text()
    await dialog.close()
    await outlook.settled()
    assert await outlook.buttons() == ["Sign In", "Back"]


async def test_an_unknown_user_is_rejected_and_told_what_to_do(deployment: Deployment) -> None:
    await deployment.open(await deployment.integration(allow_new_users=False), faults=NO_TOKEN)
    await deployment.outlook.click(ADD)
    dialog = await deployment.dialog()
    await dialog.get_by_role("button", name="bob@example.com").click()
    assert "administrator" in await dialog.locator("#message").inner_text()


async def test_a_callback_in_another_browser_is_refused(deployment: Deployment) -> None:
    outlook = deployment.outlook
    await deployment.open(await deployment.integration(), faults=NO_TOKEN)
    await outlook.click(ADD)
    dialog = await deployment.dialog()
    state = parse_qs(urlsplit(dialog.url).query)["state"][0]
    async with httpx.AsyncClient(base_url=deployment.stack.functions, trust_env=False) as another:
        answer = await another.get("/addin/sign-in/callback", params={"state": state, "code": "stolen"})
    assert answer.status_code == 401
    assert "not started in this window" in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]


async def service_account_page(deployment: Deployment, account: str, **look: Any) -> Page:
    """Follow the sign-in link as an admin and sign in as this account. Returns the page, which must obey its own
    policy.
    """
    at = f"{deployment.stack.exchange}/{TENANT}/oauth2"
    integration = await deployment.integration(
        name="Example Corp",
        room_mailbox_email_address=f"vmr-{uuid4().hex[:4]}@example.com",
        authentication_method="OAUTH",
        username="service@example.com",
        url="https://outlook.office365.com/EWS/Exchange.asmx",
        oauth_client_id=SERVICE_APP,
        oauth_auth_endpoint=f"{at}/authorize",
        oauth_token_endpoint=f"{at}/token",
        oauth_redirect_uri=f"{deployment.stack.functions}/service-account/oauth_redirect",
    )
    answer = await deployment.admin.post(f"{CONNECTORS}{integration['id']}/sign_in/")
    assert answer.status_code == 200, answer.text
    await deployment.open(integration, faults=NO_TOKEN, look=look)
    page = await deployment.outlook.page.context.new_page()
    await page.goto(answer.json()["sign_in_link"])
    await page.get_by_role("button", name=account).wait_for()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.get_by_role("button", name=account).click()
    await page.locator("#heading").wait_for()
    assert not [complaint for complaint in complaints if "Content Security Policy" in complaint]
    return page


async def test_an_admin_signs_the_service_account_in(deployment: Deployment) -> None:
    page = await service_account_page(deployment, "service@example.com")
    assert await page.get_by_role("heading").inner_text() == "Successfully signed in"
    assert (await page.get_by_role("definition").all_inner_texts())[:2] == ["Example Corp", "service@example.com"]


async def test_signing_in_with_an_account_other_than_the_service_account_is_refused(deployment: Deployment) -> None:
    page = await service_account_page(deployment, "bob@example.com")
    assert await page.get_by_role("heading").inner_text() == "Sign-in failed"
    assert "private window" in await page.locator("#message").inner_text()


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("account", ["service@example.com", "bob@example.com"])
async def test_the_service_accounts_sign_in_pages_are_accessible(
    deployment: Deployment, account: str, look: str
) -> None:
    page = await service_account_page(deployment, account, **LOOKS[look])
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.skipif(not os.environ.get("PICTURES"), reason="set PICTURES=1 to write docs/images/service-account-*.png")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("account", "name"), [("service@example.com", "signed-in"), ("bob@example.com", "refused")])
async def test_pictures_of_the_service_accounts_sign_in_pages(
    deployment: Deployment, images: Path, account: str, name: str, scheme: str
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}
    page = await service_account_page(deployment, account, **look)
    picture = await page.screenshot(path=images / f"service-account-{name}-{scheme}.png")
    assert len(picture) > 1000
