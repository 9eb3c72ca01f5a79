"""Features specific to EWS: polls and their calls, the sender of late instructions, passwords, migration to Graph."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from dev.harness.deployment import ALICE, Deployment, deployed
from dev.harness.integration import INTEGRATION, MAILBOX, OTHER_HABITS, By
from dev.harness.times import hour_from, tomorrow, weekly
from dev.provider.registry import ENTRA_APP, ENTRA_SECRET
from shared.alarm_kinds import AlarmKind
from shared.aliases.promises import Promises
from shared.errors import SettingsInvalid
from shared.identity.caller import Caller
from shared.integrations.integration import SECRET_FIELDS
from shared.integrations.table import IntegrationTable
from shared.operations.doctor.finding import Check
from tests.integration.meetings.integrations import add
from tests.support import ROOT
from tests.support.ews_servers import silent

BOB, CAROL = "bob@example.com", "carol@example.com"
MINUTE = timedelta(minutes=1)
TENANT = "72f988bf-0a16-4e8e-93e4-fa7d98191101"


@pytest.fixture
async def world() -> AsyncIterator[Deployment]:
    async with deployed(By.EWS) as deployment:
        yield deployment


async def asked(world: Deployment) -> Counter[str]:
    """The number of calls to each EWS operation since the last count."""
    counted = (await world.control("GET", "/dev/requests"))["requests"]
    await world.control("DELETE", "/dev/requests")
    return Counter({name.removeprefix("EWS "): n for name, n in counted.items() if name.startswith("EWS ")})


async def alarms(world: Deployment) -> dict[AlarmKind, str]:
    return {alarm.kind: alarm.cause async for alarm in world.services.foundation.alarms.of(INTEGRATION)}


class TestCalls:
    async def test_an_idle_integration_takes_one_small_call_a_minute(self, world: Deployment) -> None:
        room = await world.click()
        await world.invite(tomorrow(world), room["instructions"])
        await world.drain()
        await asked(world)
        for _ in range(30):
            await world.move_to(world.now + MINUTE)
            await world.services.scheduling.timers.poll()
            if world.now.minute % 5 == 0:
                await world.services.scheduling.timers.sweep()
        assert await asked(world) == {"SyncFolderItems": 30}

    async def test_a_new_series_takes_three_calls_besides_the_sync(self, world: Deployment) -> None:
        room = await world.click()
        await asked(world)
        await world.invite(tomorrow(world), room["instructions"], recurrence=weekly(tomorrow(world)))
        await world.drain()
        calls = await asked(world)
        del calls["SyncFolderItems"]
        assert calls == {"GetItem": 1, "FindItem": 1, "CreateItem": 1}

    async def test_a_moved_occurrence_takes_three_calls(self, world: Deployment) -> None:
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"], recurrence=weekly(start))
        await world.drain()
        await asked(world)
        week = start + timedelta(weeks=1)
        await world.change(uid, occurrence=f"{week:%Y-%m-%d}", **hour_from(week + timedelta(hours=3)))
        await world.drain()
        calls = await asked(world)
        del calls["SyncFolderItems"]
        assert calls == {"GetItem": 1, "FindItem": 1, "CreateItem": 1}


class TestLateInstructions:
    """Late instructions are sent from the organizer's mailbox if possible (M8)."""

    @pytest.mark.parametrize(
        ("organizer", "access", "sender"),
        [(ALICE, "impersonation", ALICE), (ALICE, "delegate", MAILBOX), (CAROL, "impersonation", MAILBOX)],
    )
    async def test_late_instructions_are_sent_from_an_accessible_mailbox(
        self, organizer: str, access: str, sender: str
    ) -> None:
        async with deployed(By.EWS, ews_access=access) as world:
            promises: Promises = world.services.foundation.promises
            tag = promises.make(INTEGRATION, Caller("alice", "test"))
            await world.invite(tomorrow(world), f"<p>{tag}</p>", organizer=organizer)
            await world.drain()
            [mail] = await world.mails(BOB)
            assert mail["from"] == sender
            assert "meet" in mail["body_html"]


class TestServersOfOtherHabits:
    """The product supports all of grommunio's deviations from Exchange."""

    @pytest.fixture
    async def world(self) -> AsyncIterator[Deployment]:
        async with deployed(By.EWS) as deployment:
            await deployment.control("PATCH", "/dev/ews", OTHER_HABITS)
            yield deployment

    async def test_late_instructions_reach_everybody_even_if_saved_mail_does_not_count_as_a_draft(
        self, world: Deployment
    ) -> None:
        tag = world.services.foundation.promises.make(INTEGRATION, Caller("alice", "test"))
        await world.invite(tomorrow(world), f"<p>{tag}</p>")
        await world.drain()
        assert ["meet" in mail["body_html"] for mail in await world.mails(BOB)] == [True]

    async def test_an_invitation_is_answered_although_the_organizer_cannot_be_impersonated(
        self, world: Deployment
    ) -> None:
        """The server refuses impersonation with a fault that has no code."""
        tag = world.services.foundation.promises.make(INTEGRATION, Caller("alice", "test"))
        await world.invite(tomorrow(world), f"<p>{tag}</p>", organizer=CAROL)
        await world.drain()
        assert [answer["kind"] for answer in await world.answers(user=CAROL)] == ["accepted"]
        assert [mail["from"] for mail in await world.mails(BOB)] == [MAILBOX]

    async def test_a_cancelled_occurrence_does_not_close_the_series(self, world: Deployment) -> None:
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"], recurrence=weekly(start))
        await world.drain()
        await world.cancel(uid, occurrence=f"{start + timedelta(weeks=1):%Y-%m-%d}")
        await world.drain()
        doors = []
        for week in range(4):
            await world.move_to(start + timedelta(weeks=week))
            doors.append(await world.is_open(room["alias"]))
        assert doors == [True, False, True, True]

    async def test_an_idle_server_that_never_reports_the_end_is_asked_once_a_minute(self, world: Deployment) -> None:
        await world.control("PATCH", "/dev/ews", {"never_at_end": True})
        await world.invite(tomorrow(world), "no tag")
        await world.drain()
        await asked(world)
        for _ in range(5):
            await world.move_to(world.now + MINUTE)
            await world.services.scheduling.timers.poll()
        assert await asked(world) == {"SyncFolderItems": 5}


class TestConnection:
    async def test_a_corrected_password_takes_effect_without_a_restart(self, world: Deployment) -> None:
        await world.control("PATCH", "/dev/ews", {"passwords": {"svc-vmr": "new"}})
        await world.services.foundation.integrations.update(INTEGRATION, {"password": "wrong"})
        await world.services.scheduling.timers.poll()
        assert "refuses the service account" in (await alarms(world))[AlarmKind.CONNECTION]
        await world.services.foundation.integrations.update(INTEGRATION, {"password": "new"})
        await world.services.scheduling.timers.poll()
        assert await alarms(world) == {}

    @pytest.mark.parametrize("endpoint", ["oauth2/token", "oauth2/v2.0/token"], ids=["v1", "v2.0"])
    async def test_an_application_with_a_client_secret_can_use_ews(self, world: Deployment, endpoint: str) -> None:
        """With APP_PERM, the simulated Exchange's provider issues a token that EWS accepts."""
        app = {
            "authentication_method": "APP_PERM",
            "username": "",
            "oauth_client_id": ENTRA_APP,
            "oauth_client_secret": ENTRA_SECRET,
            "oauth_token_endpoint": f"{world.exchange.base_url}/{TENANT}/{endpoint}",
        }
        await world.services.foundation.integrations.update(INTEGRATION, app)
        room = await world.click()
        uid = await world.invite(tomorrow(world), room["instructions"])
        await world.drain()
        assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted"]
        await world.services.foundation.integrations.update(INTEGRATION, {"oauth_client_secret": "wrong"})
        await world.services.scheduling.timers.poll()
        assert "client secret" in (await alarms(world))[AlarmKind.CONNECTION]

    async def test_the_alarm_for_a_stored_kerberos_integration_suggests_an_alternative(self, world: Deployment) -> None:
        """Kerberos can no longer be chosen, but an earlier version's integration can still be read and changed."""
        kerberos = {
            "authentication_method": "KERBEROS",
            "kerberos_realm": "EXAMPLE",
            "kerberos_kdc": "kdc.example.com",
            "kerberos_exchange_spn": "HTTP/mail.example.com",
            "kerberos_enable_tls": False,
        }
        with pytest.raises(SettingsInvalid, match="NTLM"):
            await world.services.foundation.integrations.update(INTEGRATION, kerberos)
        table = IntegrationTable(world.memory, world.services.foundation.clock)
        stored = await table.load(INTEGRATION)
        await table.replace(stored, stored.integration.model_copy(update=kerberos))
        await world.services.foundation.integrations.update(INTEGRATION, {"name": "Renamed"})
        await world.services.scheduling.timers.poll()
        assert "NTLM" in (await alarms(world))[AlarmKind.CONNECTION]
        await world.services.foundation.integrations.update(INTEGRATION, {"authentication_method": "NTLM"})
        await world.services.scheduling.timers.poll()
        assert AlarmKind.CONNECTION not in await alarms(world)

    async def test_a_server_that_is_down_delays_no_other_integration(self, world: Deployment) -> None:
        async with silent() as url:
            await add(world, "22222222-2222-4222-8222-222222222222", "vmr-ews@example.com", url=url)
            room = await world.click()
            await world.invite(tomorrow(world), room["instructions"])
            round_ = asyncio.create_task(world.services.scheduling.timers.poll())
            await asyncio.wait([round_], timeout=3)
            assert not round_.done(), "the call to the server that is down is still waiting"
            assert len(world.memory.queue("meeting-requests").sent) == 1
            round_.cancel()
            await asyncio.wait([round_])

    async def test_two_integrations_with_the_same_account_share_its_connections(self, world: Deployment) -> None:
        await add(world, "22222222-2222-4222-8222-222222222222", "vmr-ews@example.com")
        await world.services.scheduling.timers.poll()
        assert len(world.services.mailboxes._ews_servers) == 1

    async def test_other_processes_do_not_call_a_busy_server_either(self, world: Deployment) -> None:
        await asked(world)
        await world.faults({"on": "EWS SyncFolderItems", "action": "server_busy", "back_off_ms": 150_000})
        await world.services.scheduling.timers.poll()
        await world.host.restart()
        for _ in range(2):
            await world.move_to(world.now + MINUTE)
            await world.services.scheduling.timers.poll()
        assert await asked(world) == {"SyncFolderItems": 1}
        assert "wait" in (await alarms(world))[AlarmKind.CONNECTION]
        await world.move_to(world.now + MINUTE)
        await world.services.scheduling.timers.poll()
        assert await alarms(world) == {}


class TestDoctor:
    @pytest.mark.parametrize(
        ("fault", "remedy"),
        [
            ({}, ""),
            ({"username": "svc-norights@example.com"}, "-Role ApplicationImpersonation"),
            ({"username": "svc-norights@example.com", "ews_access": "delegate"}, "Add-MailboxPermission"),
            ({"room_mailbox_email_address": "typo@example.com"}, "New-Mailbox -Equipment"),
            ({"password": "wrong"}, "password"),
        ],
    )
    async def test_the_doctor_gives_the_remedy_for_a_failing_connection(
        self, world: Deployment, fault: dict[str, str], remedy: str
    ) -> None:
        if fault:
            await world.services.foundation.integrations.update(INTEGRATION, fault)
        findings = (await world.services.administration.examine(await world.integration())).findings
        [connection] = [finding for finding in findings if finding.check is Check.CONNECTION]
        assert connection.ok is (not fault)
        assert remedy in connection.remedy


BY_APP = {
    "authentication_method": "APP_PERM",
    "url": "https://outlook.office365.com/EWS/Exchange.asmx",
    "oauth_client_id": ENTRA_APP,
    "oauth_client_secret": ENTRA_SECRET,
    "oauth_token_endpoint": f"https://login.microsoftonline.com/{TENANT}/oauth2/token",
}
"""The settings that a client sends if it does not support GRAPH. Their EWS host does not exist, and is never called."""


class TestTheWayToGraph:
    @pytest.mark.parametrize(
        "settings",
        [{"authentication_method": "GRAPH"}, BY_APP, BY_APP | {"url": ""}],
        ids=["GRAPH", "APP_PERM", "APP_PERM without url"],
    )
    async def test_migrating_to_graph_takes_one_change_of_the_settings(
        self, world: Deployment, settings: dict[str, Any]
    ) -> None:
        """Mailbox and meetings are kept, no meeting is answered again, and rooms still follow their meetings."""
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"], recurrence=weekly(start))
        await world.drain()
        saved = await world.services.foundation.integrations.update(INTEGRATION, settings)
        assert {name: saved.resource()[name] for name in settings.keys() - SECRET_FIELDS} == {
            name: value for name, value in settings.items() if name not in SECRET_FIELDS
        }
        await world.settle()
        await world.services.scheduling.timers.agenda()
        assert [answer["kind"] for answer in await world.answers(uid)] == ["accepted"]
        later = start + timedelta(weeks=1, hours=3)
        await world.change(uid, occurrence=f"{start + timedelta(weeks=1):%Y-%m-%d}", **hour_from(later))
        await world.drain()
        await world.services.scheduling.timers.sweep()
        await world.drain()
        assert len(await world.answers(uid)) == 2
        for moment in (start, later):
            await world.move_to(moment)
            await world.services.scheduling.timers.agenda()
            assert await world.is_open(room["alias"])

    async def test_an_integration_can_be_migrated_back_to_ews(self, world: Deployment) -> None:
        by_ews = By.EWS.settings(world.exchange)
        room, start = await world.click(), tomorrow(world)
        uid = await world.invite(start, room["instructions"])
        await world.drain()
        for settings in ({"authentication_method": "GRAPH"}, by_ews):
            await world.services.foundation.integrations.update(INTEGRATION, settings)
            await world.settle()
            await world.services.scheduling.timers.poll()
            await world.drain()
        await world.change(uid, **hour_from(start + timedelta(hours=5)))
        await world.drain()
        assert len(await world.answers(uid)) == 2
        assert world.host.poisoned == []


async def test_the_ews_library_is_never_loaded_without_ews() -> None:
    """A Graph deployment also runs the poll every minute, and this must not load exchangelib."""
    code = """
import asyncio, sys
from dev.harness.deployment import deployed
from dev.harness.integration import By

async def main():
    async with deployed(By.GRAPH) as world:
        before = set(sys.modules)
        sys.modules.pop("exchangelib", None)
        await world.services.scheduling.timers.poll()
        await world.services.scheduling.timers.sweep()
        print("shared.mailboxes.ews.server" in sys.modules)

asyncio.run(main())
"""
    run = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False"]
