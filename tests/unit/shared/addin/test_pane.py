"""The pane as a whole. Its page is public, but only authenticated users get promises (X4, X5, A6)."""

import json
from typing import Any

import pytest

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.addin.pane import Pane
from shared.aliases.body_search import find_promises
from shared.aliases.promises import Promises
from shared.errors import NotAuthenticated, NotFound
from shared.integrations import Integration, IntegrationStore
from tests.fakes.clock import FakeClock
from tests.support.addin_users_world import AddInUsersWorld
from tests.support.integrations import full_fields

NOWHERE = "22222222-2222-4222-8222-222222222222"


class Served:
    """An integration's pane, its users, and the signer for promises."""

    def __init__(self, *, local: bool = False) -> None:
        clock = FakeClock()
        self.world = AddInUsersWorld()
        self.store = IntegrationStore(MemoryStorage(), MemorySecrets(), clock)
        self.promises = Promises(b"k" * 32, clock)
        self.addresses: tuple[str, ...] = ()
        self.pane = Pane(self.store, self.world.users, self.promises, self.known, local=local)

    async def known(self, _: str) -> tuple[str, ...]:
        return self.addresses

    async def integration(self, **changes: Any) -> Integration:
        fields = full_fields(domains=[{"domain": "mail.example.com"}])
        return await self.store.create(fields | changes)


@pytest.fixture
def served() -> Served:
    return Served()


async def test_the_page_is_served_without_authentication(served: Served) -> None:
    integration = await served.integration(addin_pane_title="Ein <b>Raum</b>")
    html, headers = await served.pane.page(integration.uuid)
    assert integration.uuid in html
    assert "Ein \\u003cb\\u003eRaum" in html
    assert "frame-ancestors https://outlook.office.com" in headers["Content-Security-Policy"]
    assert "TOK:-" not in html


async def test_the_page_stays_identical_until_a_setting_changes(served: Served) -> None:
    """Otherwise, browsers revalidating the page would download it again."""
    integration = await served.integration()
    before = await served.pane.page(integration.uuid)
    assert await served.pane.page(integration.uuid) == before
    await served.store.update(integration.uuid, {"addin_pane_title": "Other"})
    assert await served.pane.page(integration.uuid) != before


@pytest.mark.parametrize(("phones", "offer"), [(False, False), (True, False), (False, True), (True, True)])
async def test_commands_exist_at_the_urls_in_the_manifest(served: Served, phones: bool, offer: bool) -> None:
    switches = {"enable_addin_mobile_command": phones, "enable_addin_auto_open": offer}
    integration = await served.integration(**switches)
    if not (phones or offer):
        with pytest.raises(NotFound):
            await served.pane.commands(integration.uuid)
        return
    html, headers = await served.pane.commands(integration.uuid)
    assert ("launch.js" in html) == offer
    assert "-command.js" in html
    assert "frame-ancestors https://outlook.office.com" in headers["Content-Security-Policy"]


async def test_the_text_above_new_meetings_comes_from_the_settings(served: Served) -> None:
    said = {"addin_pane_description": "Ein <b>Raum</b> für </script>" + "x" * 200, "addin_button_label": "y" * 40}
    integration = await served.integration(enable_addin_auto_open=True, **said)
    first, _, rest = (await served.pane.launch(integration.uuid)).decode().partition("\n")
    told = json.loads(first.removeprefix("const OFFER = ").removesuffix(";"))
    assert told["message"].startswith("Ein Raum für ")
    assert (len(told["message"]), len(told["action"])) == (150, 30), "what Outlook takes"
    assert "<" not in first
    assert rest.lstrip().startswith("function onNewMeeting(event)")
    with pytest.raises(NotFound):
        await served.pane.launch((await served.integration(room_mailbox_email_address="b@example.com")).uuid)


async def test_only_a_local_stack_allows_its_own_pages_to_frame_the_pane() -> None:
    for local in (True, False):
        served = Served(local=local)
        integration = await served.integration()
        _, headers = await served.pane.page(integration.uuid)
        assert headers["Content-Security-Policy"].endswith(" 'self'") is local


async def test_an_authenticated_user_gets_a_promise_in_the_placeholder_text(served: Served) -> None:
    integration = await served.integration(placeholder_instructions_template="<p>Soon &amp; surely</p>")
    token = served.world.exchange_token(integration)
    given = [(await served.pane.config(integration.uuid, token))["placeholder"] for _ in range(2)]
    held = []
    for placeholder in given:
        assert placeholder["html"].startswith("<p>Soon &amp; surely</p>")
        assert "Soon & surely" in placeholder["text"]
        [in_html], [in_text] = find_promises(placeholder["html"]), find_promises(placeholder["text"])
        assert in_html == in_text
        held.append(served.promises.verify(integration.uuid, in_html))
    assert held[0].id != held[1].id, "each meeting gets a different promise"
    assert held[0].caller == held[1].caller


async def test_no_promise_is_issued_without_a_token(served: Served) -> None:
    integration = await served.integration()
    assert "TOK:-" not in str(await served.pane.config(integration.uuid, ""))


async def test_an_invalid_token_is_refused(served: Served) -> None:
    integration = await served.integration()
    with pytest.raises(NotAuthenticated):
        await served.pane.config(integration.uuid, "x.y.z")


async def test_no_promise_is_issued_if_single_use_vmrs_are_disabled(served: Served) -> None:
    integration = await served.integration(enable_dynamic_vmrs=False)
    assert "placeholder" not in await served.pane.config(integration.uuid, served.world.exchange_token(integration))


async def test_a_nonexistent_integration_has_no_pane(served: Served) -> None:
    with pytest.raises(NotFound):
        await served.pane.page(NOWHERE)
    with pytest.raises(NotFound):
        await served.pane.config(NOWHERE, "")


@pytest.mark.parametrize(
    "name",
    ["", "main.js", "../addin/pane.html", "..%2f..%2fhost.json", "/etc/passwd", "0123456789abcdef-main.js", "\0"],
)
def test_only_files_in_the_bundle_are_served(served: Served, name: str) -> None:
    with pytest.raises(NotFound):
        served.pane.asset(name)
    url = served.pane.bundle.url("main.js")
    assert served.pane.asset(url.rpartition("/")[2]).body


async def test_page_commands_and_configuration_contain_the_mailboxs_known_addresses(served: Served) -> None:
    integration = await served.integration(enable_addin_mobile_command=True)
    served.addresses = (integration.mailbox, "primary@example.com")
    assert "primary@example.com" in (await served.pane.page(integration.uuid))[0]
    assert "primary@example.com" in (await served.pane.commands(integration.uuid))[0]
    assert (await served.pane.config(integration.uuid, ""))["room_addresses"] == list(served.addresses)
