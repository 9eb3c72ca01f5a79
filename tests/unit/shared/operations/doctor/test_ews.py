"""Problems accessing a mailbox over EWS, each with the command that fixes it."""

import pytest

from shared.errors import RateLimited, SchedulingError
from shared.integrations import Integration
from shared.mailboxes.access import Attempt, Right
from shared.mailboxes.ews.failures import EwsUnavailable, Trouble
from shared.operations.doctor.ews import judge_ews
from shared.operations.doctor.finding import Check, Finding, Place
from tests.support.meetings_world import MeetingsWorld

PLACE = Place("o'neill@example.com", "APP", "https://scheduling.example.com", "/connector/1/")


def integration(**settings: str) -> Integration:
    fields = {"authentication_method": "NTLM", "url": "https://mail.example.com/EWS/Exchange.asmx", "username": "svc@x"}
    return MeetingsWorld().integration.model_copy(update=fields | settings)


def judged(*troubles: Trouble | None, **settings: str) -> Finding:
    attempts = [Attempt(Right.READ_MAIL, failure(trouble) if trouble else None) for trouble in troubles]
    return judge_ews(attempts, integration(**settings), PLACE)


def failure(trouble: Trouble) -> SchedulingError:
    return RateLimited("wait", 5) if trouble is Trouble.BUSY else EwsUnavailable(trouble)


def test_unblocked_access_is_reported_as_fine() -> None:
    finding = judged(None, None)
    assert (finding.ok, finding.check) == (True, Check.CONNECTION)


@pytest.mark.parametrize("trouble", Trouble)
def test_every_problem_has_a_remedy(trouble: Trouble) -> None:
    finding = judged(trouble, trouble)
    assert not finding.ok
    assert finding.details == str(failure(trouble))
    assert finding.remedy


@pytest.mark.parametrize(
    ("trouble", "settings", "remedy"),
    [
        (Trouble.IMPERSONATION, {}, "-Role ApplicationImpersonation -User 'svc@x'"),
        (Trouble.IMPERSONATION, {"authentication_method": "APP_PERM"}, "'Application EWS.AccessAsApp'"),
        (Trouble.ACCESS, {}, "ApplicationImpersonation"),
        (Trouble.ACCESS, {"ews_access": "delegate"}, "Add-MailboxPermission -Identity 'o''neill@example.com'"),
        (Trouble.NO_MAILBOX, {}, "New-Mailbox -Equipment"),
        (Trouble.SIGN_IN, {}, "password"),
        (Trouble.SIGN_IN, {"authentication_method": "OAUTH"}, "EwsAllowedAppIDs"),
        (Trouble.CERTIFICATE, {}, "-connect mail.example.com:443"),
        (Trouble.NAME, {}, "nslookup mail.example.com"),
        (Trouble.NOT_EWS, {}, "Get-WebServicesVirtualDirectory"),
        (Trouble.PROXY, {}, "disable_proxy"),
        (Trouble.SILENT, {}, "curl -sSv -o /dev/null https://mail.example.com/EWS/Exchange.asmx"),
    ],
)
def test_the_remedy_contains_the_exact_command(trouble: Trouble, settings: dict[str, str], remedy: str) -> None:
    assert remedy in judged(trouble, **settings).remedy


def test_sign_ins_that_fail_intermittently_point_to_a_load_balancer() -> None:
    finding = judged(None, Trouble.SIGN_IN, None)
    assert "layer-7" in finding.details
    assert "layer 4" in finding.remedy


def test_a_mailbox_name_is_quoted_for_powershell() -> None:
    assert "'o''neill@example.com'" in judged(Trouble.IMPERSONATION).remedy
