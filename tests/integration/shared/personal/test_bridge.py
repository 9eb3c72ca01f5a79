"""Personal VMRs on a Management Node, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from shared.errors import RateLimited, SettingsInvalid
from shared.integrations.draft import draft
from shared.integrations.references import name_in
from shared.management.relations import platform_names
from shared.management_node import allowance
from shared.personal import node_vmrs
from shared.personal.bridge_failure import BridgeFailed
from tests.integration.shared.personal.bridge_world import ALICE, BridgeWorld
from tests.support.integrations import full_fields
from tests.support.management_node import CLIENT, PASSWORD, USERNAME, Node, running_node


@pytest.fixture
async def world() -> AsyncIterator[BridgeWorld]:
    async with running_node() as node:
        world = BridgeWorld(node)
        yield world
        await world.nodes.close()


async def test_templates_receive_an_owners_vmrs(world: BridgeWorld) -> None:
    integration = await world.integration()
    pins = {"pin": "1234", "guest_pin": "5678", "allow_guests": True, "service_type": "lecture", "description": "D"}
    await world.node.create("Alice", "Alice@Example.com", ALICE, "5550123", **pins)
    await world.node.create("Bob", "bob@example.com", "bob")
    await world.node.create("Nobody", "", "nobody")
    [vmr] = await world.bridges.of_owner(integration, "ALICE@example.com")
    assert (vmr.name, vmr.description, vmr.service_type, vmr.aliases) == ("Alice", "D", "lecture", (ALICE, "5550123"))
    assert (vmr.pin, vmr.guest_pin, vmr.allow_guests, vmr.owners_email) == ("1234", "5678", True, "Alice@Example.com")
    assert await world.names(integration, "") == []


async def test_hundreds_of_vmrs_are_read_in_pages(world: BridgeWorld) -> None:
    integration = await world.integration()
    for n in range(450):
        await world.node.create(f"R{n}", ALICE, f"r{n}")
    assert len(set(await world.names(integration))) == 450
    assert [request.query["offset"] for request in world.node.asked] == ["0", "200", "400"]


@pytest.mark.parametrize("odd", ["boß@example.com", "boſs@example.com"])
async def test_an_address_that_only_folds_to_an_owners_address_shows_no_vmrs(world: BridgeWorld, odd: str) -> None:
    integration = await world.integration()
    await world.node.create("Boss", "boss@example.com", "boss")
    assert await world.names(integration, odd) == []
    assert not world.node.asked
    vmr = {"name": "Odd", "service_type": "conference", "aliases": [], "primary_owner_email_address": odd}
    world.node.answers.append(web.json_response({"meta": {"total_count": 1}, "objects": [vmr]}))
    assert await world.names(integration, "boss@example.com") == []


async def test_users_see_only_their_own_vmrs_even_if_the_node_ignores_the_filter(world: BridgeWorld) -> None:
    integration = await world.integration()
    objects: list[dict[str, Any]] = [
        {
            "name": n,
            "service_type": s,
            "aliases": [],
            "primary_owner_email_address": o,
            "scheduled_conferences_count": c,
        }
        for n, s, o, c in (
            ("Mine", "conference", "ALICE@example.com", 0),
            ("Theirs", "conference", "bob@example.com", 0),
            ("Unowned", "conference", None, 0),
            ("Gateway", "gateway", ALICE, 0),
            ("Scheduled", "conference", ALICE, 2),
        )
    ]
    world.node.answers.append(web.json_response({"meta": {"total_count": 5}, "objects": objects}))
    assert await world.names(integration) == ["Mine"]


async def test_one_oauth_token_is_used_for_many_requests(world: BridgeWorld) -> None:
    integration = await world.by_oauth()
    await world.node.create("Alice", ALICE, "a")
    for _ in range(3):
        assert await world.names(integration) == ["Alice"]
    assert len(world.node.tokens) == 1
    world.clock.move(timedelta(minutes=59, seconds=30))
    assert await world.names(integration) == ["Alice"]
    assert len(world.node.tokens) == 2
    world.node.tokens.clear()  # the node no longer accepts its tokens
    assert await world.names(integration) == ["Alice"]


async def test_a_wrong_key_is_reported_to_the_admin(world: BridgeWorld) -> None:
    for key, cause in (("no key", "P-256"), (Node().private_key, "issued no token")):
        integration = await world.integrations.create(
            full_fields(
                name=key[:20], room_mailbox_email_address=f"{len(key)}@example.com", bridge_url=world.node.url,
                conference_platform="management_api", bridge_client_id=CLIENT, bridge_private_key=key,
            )
        )  # fmt: skip
        with pytest.raises(BridgeFailed):
            await world.names(integration)
        [told] = await world.causes(integration)
        assert cause in told


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (web.Response(status=401), "credentials"),
        (web.Response(status=403), "credentials"),
        (web.Response(status=302, headers={"Location": "https://evil.example.com/"}), "status 302"),
        (web.Response(status=400), "status 400"),
        (web.Response(status=503), "status 503"),
        (web.Response(text="<html>"), "is not a Management Node"),
        (web.json_response({"meta": {}, "objects": [{"name": 1}]}), "is not a Management Node"),
    ],
)
async def test_an_outage_raises_an_alarm_that_is_cleared_when_it_is_over(
    world: BridgeWorld, answer: web.Response, cause: str
) -> None:
    integration = await world.integration()
    world.node.answers.append(answer)
    with pytest.raises(BridgeFailed, match="cannot be loaded at the moment") as failed:
        await world.names(integration)
    [told] = await world.causes(integration)
    assert cause in told
    assert not [secret for secret in (ALICE, PASSWORD, USERNAME) if secret in told + str(failed.value)]
    assert await world.names(integration) == []
    assert await world.causes(integration) == []


async def test_a_call_to_a_silent_node_is_abandoned(world: BridgeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_vmrs, "LIST_TIMEOUT", 0.05)
    silent = asyncio.Event()

    async def never_answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    integration = await world.integration(bridge_url=url)
    with pytest.raises(BridgeFailed):
        await world.names(integration)
    silent.set()
    server.close()
    await server.wait_closed()
    assert "did not respond" in (await world.causes(integration))[0]
    with pytest.raises(BridgeFailed):  # nothing listens on this port now
        await world.names(integration)
    assert "cannot be reached" in (await world.causes(integration))[0]


async def test_the_nodes_request_limit_is_respected_and_its_refusal_passed_on(
    world: BridgeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "NODE_SHARE", 2)
    integration = await world.integration()
    world.node.answers.append(web.Response(status=429, headers={"Retry-After": "7"}))
    with pytest.raises(RateLimited) as refused:
        await world.names(integration)
    assert refused.value.retry_after == 7
    await world.names(integration)
    with pytest.raises(RateLimited) as held:
        await world.names(integration)
    assert (held.value.retry_after, len(world.node.asked)) == (60, 2)
    world.clock.move(timedelta(seconds=60))
    await world.names(integration)
    assert await world.causes(integration) == []


async def test_a_changed_password_is_used_immediately(world: BridgeWorld) -> None:
    integration = await world.integration(bridge_password="wrong")
    with pytest.raises(BridgeFailed):
        await world.names(integration)
    changed = await world.integrations.update(integration.uuid, {"bridge_password": PASSWORD})
    assert await world.names(changed) == []


async def test_addresses_are_not_logged(world: BridgeWorld, caplog: pytest.LogCaptureFixture) -> None:
    integration = await world.integration()
    with caplog.at_level("INFO"):
        await world.names(integration)
    assert ALICE not in caplog.text
    assert "alice%40" not in caplog.text


THEME = "/api/admin/configuration/v1/ivr_theme/3/"


async def named(world: BridgeWorld, **changes: Any) -> Any:
    before = await world.integration()
    return await world.bridges.names(draft(changes, before), before)


@pytest.mark.parametrize("spelt", [THEME, f"https://manager.example.com{THEME}", THEME.removesuffix("/")])
async def test_the_uri_of_a_theme_is_resolved_by_the_integrations_own_node(world: BridgeWorld, spelt: str) -> None:
    """The host in the URI is ignored, so that input never determines which server is called."""
    world.node.answers.append(web.json_response({"id": 3, "name": "Blue", "resource_uri": THEME}))
    assert await named(world, ivr_theme=spelt) == {"ivr_theme": "Blue"}
    assert [request.path.rstrip("/") for request in world.node.asked] == [THEME.rstrip("/")]


async def test_credentials_from_the_same_save_are_used(world: BridgeWorld) -> None:
    world.node.answers.append(web.json_response({"name": "Blue"}))
    proposed = draft(full_fields(
        conference_platform="management_api", bridge_url=world.node.url, bridge_username=USERNAME,
        bridge_password=PASSWORD, bridge_client_id="", bridge_private_key="", ivr_theme=THEME,
    ))  # fmt: skip
    assert await world.bridges.names(proposed, None) == {"ivr_theme": "Blue"}


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (lambda: web.json_response({}, status=404), "has no such ivr_theme. Enter the name instead"),
        (lambda: web.json_response({}, status=500), "cannot resolve this URI at the moment"),
        (lambda: web.json_response({"nothing": 1}), "cannot resolve this URI at the moment"),
    ],
)
async def test_a_uri_that_cannot_be_resolved_is_refused(
    world: BridgeWorld, answer: Callable[[], web.Response], remedy: str
) -> None:
    world.node.answers.append(answer())
    with pytest.raises(SettingsInvalid) as refused:
        await named(world, ivr_theme=THEME)
    assert remedy in refused.value.faults["ivr_theme"][0]


@pytest.mark.parametrize(
    "uri",
    ["/api/admin/configuration/v1/conference/3/", "/api/admin/configuration/v1/ivr_theme/3/../../", "/x", THEME + "?a"],
)
async def test_no_other_path_is_requested(world: BridgeWorld, uri: str) -> None:
    with pytest.raises(SettingsInvalid, match="no such ivr_theme"):
        await named(world, ivr_theme=uri)
    assert world.node.asked == []


async def test_a_vmrs_references_are_resolved_by_the_node(world: BridgeWorld) -> None:
    integration = await world.integration()
    playlist = "/api/admin/configuration/v1/media_library_playlist/7/"
    for answer in (web.json_response({"name": "Blue"}), web.json_response({}, status=404)):
        world.node.answers.append(answer)
    found = await platform_names(frozenset({THEME}), [integration], world.bridges.name_at)
    assert (found.names, found.causes) == ({THEME: "Blue"}, {})
    found = await platform_names(frozenset({playlist}), [integration], world.bridges.name_at)
    assert found.causes == {playlist: "The Management Node has no such object."}
    world.node.answers.append(web.json_response({}, status=500))
    found = await platform_names(frozenset({THEME}), [integration], world.bridges.name_at)
    assert "cannot resolve this URI" in found.causes[THEME]
    assert [request.path for request in world.node.asked] == [THEME, playlist, THEME]


async def test_a_reference_that_was_already_resolved_is_not_requested_again(world: BridgeWorld) -> None:
    before = await world.integration()
    before = await world.integrations.update(before.uuid, {"ivr_theme": THEME}, names={"ivr_theme": "Blue"})
    assert await world.bridges.names(draft({"ivr_theme": THEME}, before), before) == {}
    assert name_in(before, "ivr_theme") == "Blue"
    assert before.resource()["ivr_theme"] == THEME, "clients read back what they sent"
