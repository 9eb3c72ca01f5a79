"""Judges the app's rights in the mailbox by Graph's response to each kind of request (docs/facts/settings.md)."""

from collections.abc import Sequence

from shared.errors import RateLimited
from shared.mailboxes.access import Attempt, Right
from shared.mailboxes.graph.error_mapping import NO_MAILBOX_CODES, GraphError, RefusedForNow
from shared.mailboxes.mailbox import NO_MAILBOX
from shared.operations.doctor.finding import Check, Finding, Place, problem, sound

_CHECKS = {
    Right.READ_MAIL: Check.READ_MAIL,
    Right.READ_CALENDAR: Check.READ_CALENDAR,
    Right.ANSWER: Check.ANSWER,
    Right.WRITE_MAIL: Check.WRITE_MAIL,
    Right.SEND_MAIL: Check.SEND_MAIL,
}
_ROLES = {
    Right.READ_MAIL: "Application Mail.ReadWrite",
    Right.READ_CALENDAR: "Application Calendars.ReadWrite",
    Right.ANSWER: "Application Calendars.ReadWrite",
    Right.WRITE_MAIL: "Application Mail.ReadWrite",
    Right.SEND_MAIL: "Application Mail.Send",
}
_PROOFS = {Right.SEND_MAIL: "ErrorInvalidRecipients"}
"""Errors that prove a right, because only an authorized app gets them. The only one is the error for an e-mail without
recipients. All other rights are proven only by success.
"""


def judge_access(attempts: Sequence[Attempt], place: Place) -> list[Finding]:
    """One finding for the connection and, if it works, one for each right."""
    [first] = [attempt for attempt in attempts if attempt.right is Right.READ_MAIL]
    status, error_code = _answer(first)
    if status == 0:
        return [problem(Check.CONNECTION, str(first.failure), _reach(place))]
    if status == 401:
        details = "Graph does not accept the app's token (401): wrong cloud, or the app was deleted or disabled."
        return [problem(Check.CONNECTION, details, f"az ad sp show --id {place.app_id} --query accountEnabled")]
    if error_code in NO_MAILBOX_CODES:
        return [problem(Check.CONNECTION, f"{NO_MAILBOX} ({error_code})", _create(place))]
    connected = sound(Check.CONNECTION, "Graph can be reached, and accepts the app's token.")
    return [connected, *(_judge(attempt, place) for attempt in attempts)]


def _answer(attempt: Attempt) -> tuple[int, str]:
    """Graph's HTTP status (0 if there was none, or if Graph itself failed), and its error code."""
    match attempt.failure:
        case None:
            return 200, ""
        case GraphError() | RefusedForNow() as refused:
            return refused.status, refused.error_code
        case RateLimited():
            return 429, ""
        case _:
            return 0, ""


def _judge(attempt: Attempt, place: Place) -> Finding:
    check, role = _CHECKS[attempt.right], _ROLES[attempt.right]
    status, error_code = _answer(attempt)
    if status in (401, 403):
        details = f"The app lacks the role {role!r} on the mailbox (Graph: {status} {error_code})."
        return problem(check, details, _grant(role, place))
    if status == 0 or status >= 429:
        return problem(check, f"Could not be determined: {attempt.failure}", place.curl("GET", "doctor/"))
    if 200 <= status < 300 or (error_code and error_code == _PROOFS.get(attempt.right)):
        return sound(check, f"Allowed ({role}).")
    details = f"Whether the app has the role {role!r} could not be proven (Graph: {status} {error_code})."
    return problem(check, details, _test(place))


def _reach(place: Place) -> str:
    """The commands that show whether Graph can be reached at all, and when the app's credentials expire."""
    reach = "curl -sS -o /dev/null -w '%{http_code}' https://graph.microsoft.com/v1.0/"
    return f"{reach}; az ad app credential list --id {place.app_id} --query '[].endDateTime'"


def _create(place: Place) -> str:
    return f"New-Mailbox -Equipment -Name 'Video rooms' -PrimarySmtpAddress {quoted(place.mailbox)}"


def _grant(role: str, place: Place) -> str:
    """The Exchange PowerShell command that grants a role, with the scope name used in infra/grants/exchange-online.ps1.
    It takes effect after 30 minutes to 2 hours. Not confirmed against a live tenant: both commands accept an app's
    client id in place of its service principal.
    """
    mailbox = quoted(place.mailbox)
    return (
        f"New-ManagementRoleAssignment -App {place.app_id} -Role '{role}' -CustomResourceScope "
        f'"VMR scheduling $((Get-Mailbox {mailbox}).ExchangeGuid)"; {_test(place)}'
    )


def _test(place: Place) -> str:
    """The Exchange PowerShell command that shows the app's roles as Exchange sees them."""
    return f"Test-ServicePrincipalAuthorization -Identity {place.app_id} -Resource {quoted(place.mailbox)}"


def quoted(text: str) -> str:
    """A string quoted as a PowerShell literal."""
    return "'" + text.replace("'", "''") + "'"
