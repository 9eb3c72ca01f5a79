"""The doctor's judgements: faults, each with the command that fixes it (O2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarm
from shared.bookings.operation import DecisionKind, Operation
from shared.errors import RateLimited, SchedulingError, Unavailable
from shared.mailboxes.access import Attempt, Right
from shared.mailboxes.graph.access import Listed
from shared.mailboxes.graph.error_mapping import GraphError, RefusedForNow
from shared.mailboxes.subscription import Subscription
from shared.meetings.symptoms import Symptom
from shared.operations.doctor.access import judge_access
from shared.operations.doctor.finding import Check, Finding, Place
from shared.operations.doctor.mailbox import judge_lag, judge_settings, judge_unfinished
from shared.operations.doctor.server import Server, Trouble, judge_server
from shared.operations.doctor.texts import judge_texts
from shared.operations.doctor.upkeep import (
    judge_combinations,
    judge_domains,
    judge_manifest,
    judge_number_space,
    judge_poison,
)
from shared.operations.doctor.watching import judge_subscription
from tests.support.integrations import an_integration
from tests.support.meetings_world import stored_integration

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BASE = "https://scheduling.example.com"
PLACE = Place("vmr@example.com", "APP", BASE, "/api/admin/configuration/v1/ms_exchange_connector/1/")
CORRELATION = "0e0e0e0e-0000-5000-8000-000000000000"
NO_RECIPIENTS = GraphError(400, "ErrorInvalidRecipients")


def attempts(**failures: SchedulingError | None) -> list[Attempt]:
    """Attempts that succeed except for the given failures."""
    failed = {Right.SEND_MAIL: NO_RECIPIENTS} | failures
    return [Attempt(right, failed.get(right)) for right in Right]


def all_fail(failure: SchedulingError) -> list[Attempt]:
    return [Attempt(right, failure) for right in Right]


def faults(*findings: Finding) -> dict[str, str]:
    """Each check's remedy, after asserting that faults have one and other findings do not."""
    assert all(bool(finding.remedy) is not finding.ok for finding in findings)
    assert all(finding.details for finding in findings)
    return {finding.check: finding.remedy for finding in findings if not finding.ok}


def operation(**changes: str) -> Operation:
    done = (NOW + timedelta(seconds=4)).isoformat()
    base = Operation(
        CORRELATION, "m", NOW.isoformat(), NOW.isoformat(), "new request", DecisionKind.ACCEPT, "new", done=done
    )
    return replace(base, **changes)  # type: ignore[arg-type]


class TestAccess:
    def test_granted_rights_are_not_reported_as_faults(self) -> None:
        found = judge_access(attempts(), PLACE)
        assert len(found) == 1 + len(Right)
        assert faults(*found) == {}

    @pytest.mark.parametrize(
        ("right", "check", "role"),
        [
            (Right.READ_MAIL, Check.READ_MAIL, "Application Mail.ReadWrite"),
            (Right.READ_CALENDAR, Check.READ_CALENDAR, "Application Calendars.ReadWrite"),
            (Right.ANSWER, Check.ANSWER, "Application Calendars.ReadWrite"),
            (Right.WRITE_MAIL, Check.WRITE_MAIL, "Application Mail.ReadWrite"),
            (Right.SEND_MAIL, Check.SEND_MAIL, "Application Mail.Send"),
        ],
    )
    def test_each_missing_role_is_named_with_the_command_to_grant_it(
        self, right: Right, check: Check, role: str
    ) -> None:
        [(found, remedy)] = faults(
            *judge_access(attempts(**{right: RefusedForNow(403, "ErrorAccessDenied")}), PLACE)
        ).items()
        assert found == check
        assert remedy.startswith(f"New-ManagementRoleAssignment -App APP -Role '{role}' ")
        assert "Test-ServicePrincipalAuthorization -Identity APP -Resource 'vmr@example.com'" in remedy

    @pytest.mark.parametrize(
        ("failure", "remedy"),
        [
            (Unavailable("The credentials were refused."), "curl -sS -o /dev/null"),
            (RefusedForNow(401, "InvalidAuthenticationToken"), "az ad sp show --id APP"),
            (GraphError(404, "ErrorInvalidUser"), "New-Mailbox -Equipment"),
            (GraphError(404, "ResourceNotFound"), "New-Mailbox -Equipment"),
        ],
    )
    def test_without_a_connection_only_the_connection_is_judged(self, failure: SchedulingError, remedy: str) -> None:
        [(check, mends)] = faults(*judge_access(all_fail(failure), PLACE)).items()
        assert check == Check.CONNECTION
        assert mends.startswith(remedy)

    @pytest.mark.parametrize("right", Right)
    @pytest.mark.parametrize("code", ["ErrorInvalidIdMalformed", "RequestBodyRead", "ErrorItemNotFound", "BadRequest"])
    def test_a_refusal_for_another_reason_does_not_prove_that_a_right_is_granted(self, right: Right, code: str) -> None:
        """It is not documented whether Graph checks rights before it checks the request."""
        [finding] = [one for one in judge_access(attempts(**{right: GraphError(400, code)}), PLACE) if not one.ok]
        assert f"400 {code}" in finding.details
        assert finding.remedy == "Test-ServicePrincipalAuthorization -Identity APP -Resource 'vmr@example.com'"

    def test_refusing_an_e_mail_without_recipients_proves_only_the_right_to_send(self) -> None:
        assert faults(*judge_access(all_fail(NO_RECIPIENTS), PLACE)).keys() == (
            {Check.READ_MAIL, Check.READ_CALENDAR, Check.ANSWER, Check.WRITE_MAIL}
        )

    def test_an_undetermined_right_is_not_reported_as_a_missing_role(self) -> None:
        [finding] = [one for one in judge_access(attempts(answer=RateLimited("wait", 5)), PLACE) if not one.ok]
        assert "Could not be determined: wait" in finding.details

    def test_an_address_is_quoted_for_powershell(self) -> None:
        odd = replace(PLACE, mailbox="o'neill@example.com")
        [remedy] = faults(*judge_access(attempts(answer=RefusedForNow(403, "")), odd)).values()
        assert "'o''neill@example.com'" in remedy


class TestSettings:
    def test_normal_operations_are_not_reported_as_faults(self) -> None:
        assert faults(*judge_settings([operation()], PLACE)) == {}
        assert faults(*judge_settings([], PLACE)) == {}

    @pytest.mark.parametrize("symptom", Symptom)
    def test_each_symptom_is_counted_with_its_remedy(self, symptom: Symptom) -> None:
        [finding] = judge_settings([operation(), operation(symptom=symptom), operation(symptom=symptom)], PLACE)
        assert "2 of the last 3" in finding.details
        assert finding.remedy.startswith(
            "Set-CalendarProcessing -Identity 'vmr@example.com' -AutomateProcessing AutoUp"
        )


class TestLag:
    @pytest.mark.parametrize(("seconds", "ok"), [([2, 3, 900], True), ([400, 500, 3], False), ([], True)])
    def test_the_typical_lag_is_judged_rather_than_the_worst(self, seconds: list[int], *, ok: bool) -> None:
        done = [operation(done=(NOW + timedelta(seconds=each)).isoformat()) for each in seconds]
        finding = judge_lag(done, PLACE)
        assert finding.ok is ok
        assert ok or "/mailbox/notifications?validationToken=doctor'" in finding.remedy

    def test_unfinished_and_ignored_operations_do_not_count_towards_the_lag(self) -> None:
        late = (NOW + timedelta(days=1)).isoformat()
        assert judge_lag([operation(done=""), operation(decision=DecisionKind.IGNORE, done=late)], PLACE).ok

    def test_unfinished_operations_are_a_fault_once_sweeps_have_failed_to_complete_them(self) -> None:
        young, old = operation(), operation(created=(NOW - timedelta(hours=1)).isoformat())
        assert judge_unfinished([young], NOW, PLACE).ok
        [remedy] = faults(judge_unfinished([young, old], NOW, PLACE)).values()
        uri = f"{BASE}/api/admin/status/v1/scheduling_operation/?transaction_uuid={CORRELATION}"
        assert remedy == f"curl -sS -u ADMIN -X GET '{uri}'"


class TestSubscription:
    KEPT = Subscription("id", NOW + timedelta(days=5))
    LISTED = Listed("r", f"{BASE}/mailbox/notifications", f"{BASE}/mailbox/lifecycle", NOW + timedelta(days=5))

    def test_a_healthy_subscription_is_not_reported_as_a_fault(self) -> None:
        assert judge_subscription(self.KEPT, self.LISTED, NOW, PLACE).ok

    @pytest.mark.parametrize(
        ("kept", "listed", "details", "remedy"),
        [
            (None, None, "There is no subscription", "curl "),
            (KEPT, None, "Graph has lost the subscription", "curl "),
            (
                KEPT,
                replace(LISTED, notification_url="https://old.example.com/x"),
                "notifies https://old.example.com/x",
                "az ",
            ),
            (KEPT, replace(LISTED, lifecycle_url=""), "notifies no address", "az "),
            (KEPT, replace(LISTED, expires=NOW + timedelta(hours=20)), "expires on 2026-11-24 05:00", "curl "),
            (KEPT, replace(LISTED, expires=NOW - timedelta(hours=1)), "expires on 2026-11-23 08:00", "curl "),
        ],
    )
    def test_subscription_faults_have_remedies(
        self, kept: Subscription | None, listed: Listed | None, details: str, remedy: str
    ) -> None:
        finding = judge_subscription(kept, listed, NOW, PLACE)
        assert details in finding.details
        assert faults(finding)[Check.SUBSCRIPTION].startswith(remedy)


@pytest.mark.parametrize(
    ("server", "remedy"),
    [
        (Server("h.example.com", NOW + timedelta(days=60)), ""),
        (Server("h.example.com", NOW + timedelta(days=13)), "openssl s_client -connect h.example.com:443"),
        (Server("h.example.com", trouble=Trouble.NAME, reason="gaierror"), "nslookup h.example.com"),
        (Server("h.example.com", trouble=Trouble.SILENT, reason="TimeoutError"), "curl -sSI https://h.example.com/"),
        (Server("h.example.com", trouble=Trouble.CERTIFICATE, reason="self-signed"), "openssl s_client -connect h"),
    ],
)
def test_server_faults_have_remedies(server: Server, remedy: str) -> None:
    assert faults(judge_server(server, NOW)).get(Check.SERVER, "").startswith(remedy)
    assert judge_server(server, NOW).ok is not bool(remedy)


def test_the_manifest_must_be_installed_and_acknowledged() -> None:
    installed = stored_integration()
    changed = installed.model_copy(update={"manifest_revision": 7, "manifest_reinstall_needed": True})
    assert judge_manifest(installed.model_copy(update={"manifest_reinstall_needed": False}), PLACE).ok
    remedy = faults(judge_manifest(changed, PLACE))[Check.MANIFEST]
    assert f"{BASE}/addin/{installed.uuid}/manifest.xml" in remedy
    assert '{"manifest_revision": 7}' in remedy
    assert f"{PLACE.connector}manifest_installed/'" in remedy


def test_missing_metadata_domains_are_a_fault_whose_remedy_creates_one() -> None:
    named = stored_integration()
    assert judge_domains(named, PLACE).ok
    remedy = faults(judge_domains(named.model_copy(update={"domains": ()}), PLACE))[Check.DOMAINS]
    assert f'"exchange_connector": "{PLACE.connector}"' in remedy
    assert remedy.endswith(f"'{BASE}/api/admin/configuration/v1/exchange_domain/'")


NO_NUMBER = {
    "meeting_instructions_template": "Join {{ alias }}",
    "accept_new_single_meeting_template": "",
    "accept_new_recurring_series_template": "",
    "scheduled_alias_prefix": "meet",
}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"meeting_instructions_template": "[Your number]"}, "still contains [Your number]"),
        ({"meeting_instructions_template": "Dial {{ numeric_alias }}"}, "which telephones cannot"),
        ({"meeting_instructions_template": "Dial {{ numeric_alias }}", "scheduled_alias_prefix": "77"}, ""),
        ({}, ""),
        ({"enable_dynamic_vmrs": False}, ""),
        ({"enable_personal_vmrs": True}, "personal_vmr_instructions_template"),
    ],
)
def test_unfinished_texts_are_a_warning_rather_than_a_fault(settings: dict[str, Any], told: str) -> None:
    finding = judge_texts(stored_integration().model_copy(update={**NO_NUMBER, **settings}), PLACE)
    assert finding.ok
    assert finding.warning is bool(told)
    assert told in finding.details


@pytest.mark.parametrize(("length", "longer"), [(6, 7), (15, 15)])
def test_the_remedy_for_a_full_number_space_is_longer_numbers(length: int, longer: int) -> None:
    integration = stored_integration(scheduled_alias_suffix_length=length)
    assert judge_number_space(0.79, integration, PLACE).ok
    assert (
        f'{{"scheduled_alias_suffix_length": {longer}}}'
        in faults(judge_number_space(0.8, integration, PLACE))[Check.NUMBER_SPACE]
    )


def test_the_remedy_for_a_poison_message_is_to_look_it_up() -> None:
    alarm = Alarm("i", AlarmKind.POISON, f"Correlation id {CORRELATION}.", NOW.isoformat())
    assert judge_poison(None, PLACE).ok
    assert faults(judge_poison(alarm, PLACE))[Check.POISON].endswith(f"transaction_uuid={CORRELATION}'")


def test_stored_settings_that_cannot_work_are_reported() -> None:
    good = an_integration()
    assert judge_combinations(good, PLACE).ok
    bad = good.model_copy(update={"authentication_method": "NTLM", "username": "EXAMPLE\\svc"})
    finding = judge_combinations(bad, PLACE)
    assert finding.details.startswith("username: NTLM requires name@domain")
    assert finding.remedy.endswith(
        """-d '{"username": "VALUE"}' 'https://scheduling.example.com/api/admin/configuration/v1/ms_exchange_connector/1/'"""
    )
