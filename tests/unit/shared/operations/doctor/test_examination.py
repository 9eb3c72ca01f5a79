"""The doctor's examinations, with in-memory dependencies."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.errors import InvalidRequest, SchedulingError, Unavailable
from shared.integrations import Integration
from shared.mailboxes.access import Attempt, Right
from shared.mailboxes.ews.failures import EwsUnavailable, Trouble
from shared.mailboxes.graph.access import Listed
from shared.mailboxes.graph.error_mapping import RefusedForNow
from shared.management_node.nodes import ManagementNode
from shared.operations.doctor import Doctor, Finding, examination
from shared.operations.doctor.finding import Check
from shared.operations.doctor.server import Server
from shared.operations.doctor.service_account import Account
from shared.storage import Put
from tests.fakes.mailbox import invitation
from tests.support.meetings_world import MeetingsWorld, body

BASE = "https://scheduling.example.com"


@dataclass
class FakeAccess:
    """A fake `GraphAccess` whose results are set by the test."""

    refused: Mapping[Right, SchedulingError] = field(default_factory=dict)
    listed: dict[str, Listed] = field(default_factory=dict)
    failure: Exception | None = None

    async def try_out(self) -> list[Attempt]:
        if self.failure:
            raise self.failure
        return [Attempt(right, self.refused.get(right)) for right in Right]

    async def subscription(self, subscription_id: str) -> Listed | None:
        return self.listed.get(subscription_id)


@dataclass
class FakeEwsAccess:
    """A fake `Access` over EWS, which raises `failure` on each connection."""

    failure: SchedulingError | None = None

    async def try_out(self) -> list[Attempt]:
        return [Attempt(Right.READ_MAIL, self.failure)] * 4


@dataclass
class FakeAccount:
    """A fake `LooksAtAccount`, which returns `found`."""

    found: Account = field(default_factory=Account)

    async def look(self, integration: Integration) -> Account:
        return self.found


class Clinic:
    """An integration, and a doctor that can examine it."""

    def __init__(self, **settings: Any) -> None:
        self.world = MeetingsWorld()
        self.world.integration = self.world.integration.model_copy(
            update={"manifest_reinstall_needed": False, **settings}
        )
        self.alarms = Alarms(self.world.storage, self.world.clock)
        self.access = FakeAccess()
        self.ews = FakeEwsAccess()
        self.account = FakeAccount()
        self.looked_at: list[str] = []

    async def look(self, host: str) -> Server:
        """Record the host, and return a valid certificate."""
        self.looked_at.append(host)
        return Server(host, self.world.clock.now() + timedelta(days=90))

    async def subscribe(self) -> None:
        """Create a subscription that is both stored and listed by Graph."""
        expires = self.world.clock.now() + timedelta(days=6)
        row = Put("watch:subscription", {"id": "s", "expires": expires.isoformat(), "watched": "x"})
        await self.world.storage.table("meetings").commit(self.integration.uuid, row)
        urls = f"{BASE}/mailbox/notifications", f"{BASE}/mailbox/lifecycle"
        self.access.listed["s"] = Listed("r", *urls, expires)

    async def node_of(self, _: str) -> ManagementNode | None:
        raise AssertionError("rooms are not on a node")

    @property
    def integration(self) -> Integration:
        return self.world.integration

    async def examine(self, base_url: str = BASE) -> Sequence[Finding]:
        return (await self.doctor(base_url).examine(self.integration)).findings

    def doctor(self, base_url: str = BASE) -> Doctor:
        world = self.world
        return Doctor(
            access=lambda _: self.access,
            ews_access=lambda _: self.ews,
            account=self.account,
            probe=self,
            storage=world.storage,
            alarms=self.alarms,
            allocator=world.allocator,
            clock=world.clock,
            base_url=base_url,
            node_of=self.node_of,
            app_id="APP",
        )

    async def faults(self) -> set[Check]:
        return {finding.check for finding in await self.examine() if not finding.ok}


OF_NODES = {Check.NODE, Check.NODE_RIGHTS, Check.NODE_CLOCK, Check.NODE_ALIASES, Check.NODE_NAMES}
OF_OTHERS = {Check.SERVICE_ACCOUNT, *OF_NODES}
"""Checks that do not apply, because GRAPH needs no service account and rooms are not on a node."""


async def test_a_healthy_integration_has_no_faults() -> None:
    clinic = Clinic()
    await clinic.subscribe()
    await clinic.world.process(clinic.world.mailbox.deliver(invitation(body=body(await clinic.world.reserve()))))
    found = await clinic.examine()
    assert [finding for finding in found if not finding.ok] == []
    assert {finding.check for finding in found} == set(Check) - OF_OTHERS
    assert clinic.looked_at == ["addin.example.com"], "only the configured host is examined"


OAUTH = {"authentication_method": "OAUTH", "url": "https://outlook.office365.com/EWS/Exchange.asmx"}


@pytest.mark.parametrize(
    ("account", "is_fault"),
    [
        (Account(name="Service@Example.com"), False),
        (Account(), False),
        (Account(name="bob@example.com"), True),
        (Account(lost="The service account's password was changed."), True),
    ],
)
async def test_the_service_account_is_examined(account: Account, is_fault: bool) -> None:
    clinic = Clinic(**OAUTH, username="service@example.com")
    clinic.account.found = account
    [finding] = [finding for finding in await clinic.examine() if finding.check is Check.SERVICE_ACCOUNT]
    assert (not finding.ok, bool(finding.remedy)) == (is_fault, is_fault)


async def test_all_faults_are_found_in_one_examination() -> None:
    clinic = Clinic(manifest_reinstall_needed=True)
    clinic.access.refused = {Right.ANSWER: RefusedForNow(403, "ErrorAccessDenied")}
    await clinic.world.process(clinic.world.mailbox.deliver(invitation(body="")))
    await clinic.alarms.raise_(clinic.integration.uuid, AlarmKind.POISON, "Correlation id x.")
    assert await clinic.faults() == {
        Check.ANSWER,
        Check.MAILBOX_SETTINGS,
        Check.SUBSCRIPTION,
        Check.MANIFEST,
        Check.POISON,
    }


async def test_one_failing_check_does_not_affect_the_others() -> None:
    clinic = Clinic()
    await clinic.subscribe()
    clinic.access.failure = Unavailable("The secret store does not respond.")
    [fault] = [finding for finding in await clinic.examine() if not finding.ok]
    assert fault.check is Check.CONNECTION
    assert fault.details == "This could not be checked: The secret store does not respond."


async def test_a_check_that_hangs_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = Clinic()
    await clinic.subscribe()
    monkeypatch.setattr(examination, "CHECK_TIMEOUT", timedelta(milliseconds=500))
    monkeypatch.setattr(clinic, "look", lambda _: asyncio.Event().wait())
    assert await clinic.faults() == {Check.SERVER}


async def test_only_features_that_the_integration_uses_are_examined() -> None:
    personal = {finding.check for finding in await Clinic(enable_dynamic_vmrs=False).examine()}
    assert personal == {Check.SETTINGS, Check.TEXTS, Check.SERVER, Check.MANIFEST}
    by_ews = {finding.check for finding in await Clinic(authentication_method="NTLM").examine()}
    assert Check.SUBSCRIPTION not in by_ews
    assert {Check.CONNECTION, Check.LAG} <= by_ews


async def test_access_over_ews_is_examined() -> None:
    clinic = Clinic(authentication_method="NTLM")
    assert Check.CONNECTION not in await clinic.faults()
    clinic.ews.failure = EwsUnavailable(Trouble.IMPERSONATION)
    assert Check.CONNECTION in await clinic.faults()


async def test_kerberos_is_reported_as_unsupported() -> None:
    [finding] = [f for f in await Clinic(authentication_method="KERBEROS").examine() if f.check is Check.CONNECTION]
    assert not finding.ok
    assert "GSSAPI" in finding.details
    assert '"authentication_method": "NTLM"' in finding.remedy


async def test_the_certificate_of_a_local_stack_is_not_examined() -> None:
    clinic = Clinic()
    assert Check.SERVER not in {finding.check for finding in await clinic.examine("http://127.0.0.1:7071")}
    assert clinic.looked_at == []


async def test_an_examination_writes_nothing() -> None:
    clinic = Clinic()
    await clinic.subscribe()
    tables = [clinic.world.storage.table(name) for name in ("meetings", "aliases", "integrations")]
    before = [dict(table._rows) for table in tables]
    await clinic.examine()
    assert [dict(table._rows) for table in tables] == before


async def test_checks_can_be_run_one_by_one_with_the_same_findings() -> None:
    clinic = Clinic()
    whole = await clinic.doctor().examine(clinic.integration)
    parts = [await clinic.doctor().examine(clinic.integration, [check]) for check in whole.checks]
    assert all(each.checks == whole.checks for each in parts)
    assert [finding for each in parts for finding in each.findings] == list(whole.findings)
    with pytest.raises(InvalidRequest, match="number_space"):
        await clinic.doctor().examine(clinic.integration, ["pulse"])
