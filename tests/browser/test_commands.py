"""What the add-in does without a pane (X1): the command on phones, and the offer in new meetings.

The page and Office.js are genuine. The test calls the function as a phone would.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from playwright.async_api import Route

from dev.environment import MANAGEMENT, Addresses
from tests.browser.outlook import ADDIN, Outlook
from tests.browser.sign_in_dialog import Deployment
from tests.browser.single_use import AGENDA, OTHER_TAG, TAG, writes

RUN = """async name => {
    let completed = 0;
    const { mappings } = Office.actions._association;
    await new Promise(done => {
        const event = { completed() { completed += 1; done(); } };
        mappings[Object.keys(mappings).find(key => key.toLowerCase() === name.toLowerCase())](event);
    });
    return completed;
}"""


@pytest.fixture
async def integration(outlook: Outlook, stack: Addresses) -> AsyncIterator[Mapping[str, Any]]:
    """An integration with the command on phones and the offer in new meetings. Outlook issues its identity tokens for
    this integration.
    """
    async with httpx.AsyncClient(base_url=stack.functions, auth=MANAGEMENT, trust_env=False) as admin:
        made = await Deployment(outlook, stack, admin).integration(
            enable_addin_mobile_command=True, enable_addin_auto_open=True
        )
        who = {"user": outlook.user, "audience": f"{stack.functions}/addin/{made['uuid']}/pane"}
        outlook.token = (await admin.post(f"{stack.exchange}/dev/identity-token", json=who)).json()["token"]
        yield made


READY = (
    "() => globalThis.Office?.onReady && Object.keys(Office.actions?._association.mappings ?? {}).length"
    " && Office.onReady().then(() => true)"
)


async def run(outlook: Outlook, integration: Mapping[str, Any], name: str, **options: Any) -> int:
    """Run a command in a new meeting, as Outlook does. Returns how often the command reported that it was done."""
    url = f"https://{ADDIN}/addin/{integration['uuid']}/commands"
    await outlook.open({"body": AGENDA}, url=url, wait=False, **options)
    await outlook.pane.locator("body").wait_for(state="attached")
    await outlook.frame().wait_for_function(READY)
    return int(await outlook.frame().evaluate(RUN, name))


@pytest.mark.parametrize("faults", [{}, {"bodyType": {"code": 5000}, "prependBody": {"code": 5000}}])
async def test_a_phone_adds_a_vmr_with_the_calls_that_it_supports(
    outlook: Outlook, integration: Mapping[str, Any], faults: dict[str, Any]
) -> None:
    assert await run(outlook, integration, "addVmr", faults=faults) == 1
    meeting = await outlook.meeting()
    assert len(TAG.findall(meeting["body"])) == 1
    assert meeting["required"] == [integration["room_mailbox_email_address"]]
    assert meeting["location"] == "VMR"
    assert outlook.complaints == []


async def test_a_second_tap_adds_nothing(outlook: Outlook, integration: Mapping[str, Any]) -> None:
    await run(outlook, integration, "addVmr")
    before = await outlook.meeting()
    assert await outlook.frame().evaluate(RUN, "addVmr") == 1
    assert (await outlook.meeting())["body"] == before["body"]


async def test_a_failure_is_reported_in_a_notification(outlook: Outlook, integration: Mapping[str, Any]) -> None:
    async def refuse(route: Route) -> None:
        error = {"code": "not_allowed", "message": "Not today.", "correlation_id": "c-1"}
        await route.fulfill(status=403, json={"status": "failure", "error": error})

    outlook.answers[f"/api/client/v2/msexchange_schedulers/{integration['uuid']}/meeting_details"] = refuse
    assert await run(outlook, integration, "addVmr") == 1
    meeting = await outlook.meeting()
    assert writes(await outlook.calls()) == []
    [notice] = meeting["notices"]
    assert "There was a problem adding the joining instructions. Please try again. Not today." in str(notice)


async def test_a_phone_says_that_the_instructions_belong_to_another_meeting(
    outlook: Outlook, integration: Mapping[str, Any]
) -> None:
    url = f"https://{ADDIN}/addin/{integration['uuid']}/commands"
    await outlook.open({"body": f"<p>{OTHER_TAG}</p>"}, url=url, wait=False)
    await outlook.pane.locator("body").wait_for(state="attached")
    await outlook.frame().wait_for_function(READY)
    await outlook.frame().evaluate(RUN, "addVmr")
    [notice] = (await outlook.meeting())["notices"]
    assert "belong to another meeting" in str(notice)
    assert writes(await outlook.calls()) == []


async def test_a_new_meeting_offers_the_pane(outlook: Outlook, integration: Mapping[str, Any]) -> None:
    assert await run(outlook, integration, "onNewMeeting", mailbox="1.10") == 1
    meeting = await outlook.meeting()
    [notice] = meeting["notices"]
    assert "This assigns a Virtual Meeting Room for your meeting" in str(notice)
    assert "Create a Pexip Meeting" in str(notice)
    assert meeting["body"] == AGENDA
    assert outlook.complaints == []
