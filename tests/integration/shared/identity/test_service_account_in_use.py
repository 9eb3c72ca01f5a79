"""E3: a service account's sign-in gives access to EWS, and to Graph as that account.

The tests call a simulated Exchange (EWS and Graph) and the OpenID provider over real HTTP.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from dev.exchange.app import Running, running_exchange
from dev.harness.rounds import in_place
from dev.provider.app import Running as RunningProvider
from dev.provider.provider import Provider
from shared.alarm_kinds import AlarmKind
from shared.identity.service_tokens import EWS_RESOURCE, GRAPH_RESOURCE
from shared.integrations import Integration
from shared.mailboxes.graph.client import GraphClient, Tokens
from shared.mailboxes.graph.error_mapping import RefusedForNow
from shared.operations.doctor.finding import Place
from shared.operations.doctor.service_account import Account, ServiceAccountProbe, judge_account
from shared.queues import ROUNDS
from tests.fakes.clock import FakeClock
from tests.support.sign_in_world import SignInWorld

SERVICE = "service@example.com"
MAILBOX = "vmr-ews@example.com"
PLACE = Place("vmr@example.com", "app", "https://vmr.example.com", "/api/admin/…/1/")


class Delegated:
    """Access tokens that make Graph treat the caller as an integration's service account."""

    def __init__(self, world: SignInWorld, integration: Integration) -> None:
        self._tokens, self._uuid = world.services.identity.service_tokens, integration.uuid

    async def token(self) -> str:
        return (await self._tokens.token(self._uuid, GRAPH_RESOURCE)).get_secret_value()

    async def close(self) -> None:
        pass


@asynccontextmanager
async def deployed() -> AsyncIterator[tuple[SignInWorld, Running]]:
    """A deployment that uses a simulated Exchange's provider and Graph."""
    async with running_exchange() as exchange, httpx.AsyncClient(trust_env=False) as http:
        clock = FakeClock(exchange.exchange.clock.now())
        world = SignInWorld(RunningProvider(exchange.base_url, Provider(clock.now)), http, clock)
        yield world, exchange
        await world.services.close()


async def signed_in(world: SignInWorld, account: str = SERVICE, **settings: str) -> Integration:
    integration = await world.oauth(username=account, **settings)
    link = await world.services.administration.service_accounts.start(integration.uuid)
    return await world.services.administration.service_accounts.finish(await world.at_provider(link.url, account))


async def test_a_sign_in_clears_the_alarms_immediately() -> None:
    """Alarms must be cleared before the next check, because an admin looks at them right after signing in."""
    async with deployed() as (world, exchange):
        del world.services.scheduling.__dict__["timers"]  # the real timers, because this test has an Exchange
        url = f"{exchange.base_url}/EWS/Exchange.asmx"
        integration = await world.oauth(username=SERVICE, url=url, room_mailbox_email_address=MAILBOX)

        async def alarms() -> set[AlarmKind]:
            return {alarm.kind async for alarm in world.services.foundation.alarms.of(integration.uuid)}

        scheduling = world.services.scheduling
        scheduling.__dict__["rounds"] = in_place(scheduling.rounds, world.storage.queue(ROUNDS))
        await scheduling.timers.poll()
        assert await alarms() == {AlarmKind.CONNECTION, AlarmKind.SIGN_IN}
        link = await world.services.administration.service_accounts.start(integration.uuid)
        await world.services.administration.service_accounts.finish(await world.at_provider(link.url, SERVICE))
        assert await alarms() == set()


@pytest.mark.parametrize("access", ["impersonation", "delegate"])
async def test_the_equipment_mailbox_is_opened_over_ews(access: str) -> None:
    async with deployed() as (world, exchange):
        url = f"{exchange.base_url}/EWS/Exchange.asmx"
        integration = await signed_in(world, url=url, room_mailbox_email_address=MAILBOX, ews_access=access)
        attempts = await world.services.mailboxes.ews_access_of(integration).try_out()
        assert [attempt.failure for attempt in attempts if attempt.failure] == []


async def test_without_a_valid_sign_in_ews_is_inaccessible_and_an_alarm_is_raised() -> None:
    async with deployed() as (world, exchange):
        url = f"{exchange.base_url}/EWS/Exchange.asmx"
        integration = await signed_in(world, url=url, room_mailbox_email_address=MAILBOX)
        await world.services.foundation.integrations.update(integration.uuid, {"username": "other@example.com"})
        changed = await world.services.foundation.integrations.get(integration.uuid)
        attempts = await world.services.mailboxes.ews_access_of(changed).try_out()
        assert {"not signed in" in str(attempt.failure) for attempt in attempts} == {True}
        [alarm] = [alarm async for alarm in world.services.foundation.alarms.of(integration.uuid)]
        assert alarm.kind == "sign_in_needed"


async def test_delegated_tokens_open_only_mailboxes_that_are_shared_with_the_account() -> None:
    async with deployed() as (world, exchange):
        integration = await signed_in(world)
        graph = GraphClient(exchange.graph_url, Delegated(world, integration), use_proxy=False)
        assert (await graph.get("/me"))["userPrincipalName"] == SERVICE
        assert "value" in await graph.get("/users/vmr@example.com/mailFolders/inbox/messages")
        with pytest.raises(RefusedForNow, match="403 ErrorAccessDenied"):
            await graph.get("/users/alice@example.com/mailFolders/inbox/messages")
        await graph.close()


async def test_a_token_for_ews_is_refused_by_graph() -> None:
    async with deployed() as (world, exchange):
        integration = await signed_in(world)
        token = await world.services.identity.service_tokens.token(integration.uuid, EWS_RESOURCE)
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        answer = await world.http.get(f"{exchange.graph_url}/me", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def probe(world: SignInWorld, graph_url: str) -> ServiceAccountProbe:
    def graph(_: Integration, tokens: Tokens) -> GraphClient:
        return GraphClient(graph_url, tokens, use_proxy=False)

    return ServiceAccountProbe(world.services.identity.service_tokens, graph)


async def test_the_doctor_reports_which_account_is_signed_in() -> None:
    async with deployed() as (world, exchange):
        integration = await signed_in(world)
        account = await probe(world, exchange.graph_url).look(integration)
        assert account == Account(name=SERVICE)
        assert judge_account(account, integration, PLACE).ok
        another = integration.model_copy(update={"username": "bob@example.com"})
        finding = judge_account(account, another, PLACE)
        assert (finding.ok, "sign_in/" in finding.remedy) == (False, True)
        assert "@" not in finding.details


async def test_the_doctor_reports_that_no_account_is_signed_in() -> None:
    async with deployed() as (world, exchange):
        integration = await world.oauth()
        account = await probe(world, exchange.graph_url).look(integration)
        finding = judge_account(account, integration, PLACE)
        assert "not signed in" in finding.details
        assert "sign_in/" in finding.remedy


async def test_an_account_name_that_graph_withholds_is_not_reported_as_a_fault() -> None:
    """The app registration may lack permissions for Graph, which the mailbox does not need."""
    async with deployed() as (world, _):
        integration = await signed_in(world)
        account = await probe(world, "http://127.0.0.1:9/v1.0").look(integration)
        assert account == Account()
        finding = judge_account(account, integration, PLACE)
        assert (finding.ok, "User.Read" in finding.details) == (True, True)
