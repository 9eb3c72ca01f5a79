"""Examines one integration. All probes run concurrently, each with a time limit. A failure does not affect other
probes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.aliases.allocation import Allocator, alias_format
from shared.bookings.operation import Operation
from shared.bookings.rows import meetings_table
from shared.bookings.stored import stored_booking
from shared.clock import Clock
from shared.conferences.names import ConferenceNames
from shared.conferences.room_records import RoomRecords
from shared.errors import InvalidRequest, SchedulingError
from shared.intake.watch_state import stored_subscription
from shared.integrations import Integration
from shared.integrations.conditions import EXCHANGE_TOKEN
from shared.mailboxes.access import Access
from shared.mailboxes.graph.access import Listed
from shared.management_node.failure import NodeFailed
from shared.meetings.records import Records
from shared.operations.doctor.access import judge_access
from shared.operations.doctor.ews import judge_ews, judge_kerberos
from shared.operations.doctor.finding import Check, Examination, Finding, Place, problem
from shared.operations.doctor.mailbox import judge_lag, judge_settings, judge_unfinished
from shared.operations.doctor.node import NodeOf, judge_join_window, judge_node, look_at_node
from shared.operations.doctor.server import Server, judge_server
from shared.operations.doctor.service_account import LooksAtAccount, judge_account
from shared.operations.doctor.texts import judge_texts
from shared.operations.doctor.upkeep import (
    judge_combinations,
    judge_domains,
    judge_manifest,
    judge_number_space,
    judge_poison,
)
from shared.operations.doctor.watching import judge_subscription
from shared.settings import is_loopback
from shared.storage import Storage

CHECK_TIMEOUT = timedelta(seconds=45)
"""Time limit per check. An HTTP request to the Functions host may take 230 seconds."""

LATELY = timedelta(days=2)
MAX_OPERATIONS_READ = 100
"""How many of the latest operations are read. They usually cover the last few days."""


class GraphAccess(Access, Protocol):
    """Tests access to a mailbox through Graph (shared/mailboxes/graph/access.py)."""

    async def subscription(self, subscription_id: str) -> Listed | None:
        """The subscription in Graph."""
        ...


class Eye(Protocol):
    """Probes a host, as ServerProbe does."""

    async def look(self, host: str) -> Server:
        """Resolve the name, connect, and complete the TLS handshake."""
        ...


_Check = Callable[[Integration, Place], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True)
class Doctor:
    """Examines integrations, without changing anything. `app_id` is the deployment's own identity, or "" if unknown."""

    access: Callable[[Integration], GraphAccess]
    ews_access: Callable[[Integration], Access]
    account: LooksAtAccount
    probe: Eye
    storage: Storage
    alarms: Alarms
    allocator: Allocator
    clock: Clock
    base_url: str
    node_of: NodeOf
    app_id: str = ""

    async def examine(self, integration: Integration, only: Collection[str] = ()) -> Examination:
        """Run every check, or only those in `only`, and return the results, passed or not. Raises InvalidRequest for a
        name that is not one of this integration's checks.
        """
        app = integration.graph_app.client_id or self.app_id or "<app id>"
        place = Place(integration.mailbox, app, self.base_url, integration.resource_uri)
        checks = self._checks(integration)
        if unknown := sorted(set(only) - checks.keys()):
            raise InvalidRequest(f"There is no check {unknown[0]!r} here; there are {', '.join(checks)}.")
        wanted = {name: check for name, check in checks.items() if not only or name in only}
        found = await asyncio.gather(*(_bounded(name, check, integration, place) for name, check in wanted.items()))
        return Examination(tuple(checks), [finding for findings in found for finding in findings])

    def _checks(self, integration: Integration) -> dict[Check, _Check]:
        """The integration's checks, in the order of their findings."""
        checks: dict[Check, _Check] = {
            Check.SETTINGS: self._settings,
            Check.SERVER: self._server,
            Check.MANIFEST: self._manifest,
        }
        if EXCHANGE_TOKEN.holds(integration):
            checks[Check.DOMAINS] = self._domains
        if integration.enable_dynamic_vmrs:
            by_ews: dict[Check, _Check] = {Check.CONNECTION: self._ews}
            by_graph: dict[Check, _Check] = {Check.CONNECTION: self._access, Check.SUBSCRIPTION: self._subscription}
            records: dict[Check, _Check] = {Check.LAG: self._records, Check.UNFINISHED: self._unfinished}
            upkeep: dict[Check, _Check] = {Check.NUMBER_SPACE: self._number_space, Check.POISON: self._poison}
            if integration.conference_platform == "management_api":
                records |= {Check.NODE: self._node}
            else:
                records |= {Check.JOIN_WINDOW: self._join_window}
            checks = (by_ews if integration.uses_ews else by_graph) | records | checks | upkeep
            if integration.authentication_method == "OAUTH":
                checks = {Check.SERVICE_ACCOUNT: self._service_account} | checks
        return checks

    async def _node(self, integration: Integration, place: Place) -> Sequence[Finding]:
        own = {record.alias async for record in RoomRecords(self.storage).of(integration.uuid)}
        try:
            node = await self.node_of(integration.uuid)
            if node is None:
                return judge_node(None, "bridge_url is not set", integration, place)
            form = alias_format(integration)
            look = await look_at_node(node, form, own, partial(self._named, integration.uuid), self.clock.now())
        except NodeFailed as failed:
            return judge_node(None, failed.cause, integration, place)
        return judge_node(look, "", integration, place)

    async def _named(self, integration: str, name: str) -> str:
        """The alias of the meeting that has claimed a name, or "" if there is none."""
        tag = await ConferenceNames(self.storage).tag_of(name, integration)
        booking = await stored_booking(meetings_table(self.storage), integration, tag) if tag else None
        return booking.numeric_alias if booking else ""

    async def _join_window(self, integration: Integration, place: Place) -> Sequence[Finding]:
        return [judge_join_window(integration, place)]

    async def _access(self, integration: Integration, place: Place) -> Sequence[Finding]:
        return judge_access(await self.access(integration).try_out(), place)

    async def _ews(self, integration: Integration, place: Place) -> Sequence[Finding]:
        if integration.authentication_method == "KERBEROS":
            return [judge_kerberos(place)]
        return [judge_ews(await self.ews_access(integration).try_out(), integration, place)]

    async def _service_account(self, integration: Integration, place: Place) -> Sequence[Finding]:
        account = await self.account.look(integration)
        return [judge_account(account, integration, place)]

    async def _subscription(self, integration: Integration, place: Place) -> Sequence[Finding]:
        kept = await stored_subscription(self.storage, integration.uuid)
        listed = await self.access(integration).subscription(kept.id) if kept else None
        return [judge_subscription(kept, listed, self.clock.now(), place)]

    async def _records(self, integration: Integration, place: Place) -> Sequence[Finding]:
        records, now = Records(self.storage, integration.uuid), self.clock.now()
        recent = [operation async for operation in records.recent(now - LATELY, now, MAX_OPERATIONS_READ)]
        return [*judge_settings(recent, place), judge_lag(recent, place)]

    async def _unfinished(self, integration: Integration, place: Place) -> Sequence[Finding]:
        now, unfinished = self.clock.now(), list[Operation]()
        async for operation in Records(self.storage, integration.uuid).unfinished(now):
            unfinished.append(operation)
            if len(unfinished) == MAX_OPERATIONS_READ:
                break
        return [judge_unfinished(unfinished, now, place)]

    async def _server(self, integration: Integration, _: Place) -> Sequence[Finding]:
        if is_loopback(self.base_url):  # a local stack serves the add-in itself, without a certificate
            return []
        return [judge_server(await self.probe.look(integration.addin_server_domain), self.clock.now())]

    async def _settings(self, integration: Integration, place: Place) -> Sequence[Finding]:
        return [judge_combinations(integration, place), judge_texts(integration, place)]

    async def _domains(self, integration: Integration, place: Place) -> Sequence[Finding]:
        return [judge_domains(integration, place)]

    async def _manifest(self, integration: Integration, place: Place) -> Sequence[Finding]:
        return [judge_manifest(integration, place)]

    async def _number_space(self, integration: Integration, place: Place) -> Sequence[Finding]:
        share = await self.allocator.share_in_use(alias_format(integration))
        return [judge_number_space(share, integration, place)]

    async def _poison(self, integration: Integration, place: Place) -> Sequence[Finding]:
        raised = [alarm async for alarm in self.alarms.of(integration.uuid) if alarm.kind is AlarmKind.POISON]
        return [judge_poison(raised[0] if raised else None, place)]


async def _bounded(name: Check, check: _Check, integration: Integration, place: Place) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT.total_seconds()):
            return await check(integration, place)
    except TimeoutError:
        reason = f"no response within {CHECK_TIMEOUT.seconds} seconds"
    except SchedulingError as error:
        reason = str(error).rstrip(".")
    return [problem(name, f"This could not be checked: {reason}.", place.curl("GET", "doctor/"))]
