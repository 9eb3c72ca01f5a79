"""Judges from recent operations how the mailbox treats meeting requests, and how fast they are answered."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from shared.bookings.operation import LEASE_TIME, DecisionKind, Operation
from shared.meetings.symptoms import CAUSES, Symptom
from shared.operations.doctor.access import quoted
from shared.operations.doctor.finding import OPERATIONS_PATH, Check, Finding, Place, problem, sound, warning

SLOW = timedelta(minutes=2)
"""Acceptable time between a message's arrival and the end of its processing. Usually, this takes seconds. A sweep runs
every five minutes.
"""

VERY_SLOW = timedelta(minutes=15)
"""Longest acceptable time for a single message. By then, three sweeps will have run."""

_REMEDIES = {
    Symptom.NO_ITEM: "-AutomateProcessing AutoUpdate",
    Symptom.EMPTY: "-AutomateProcessing AutoUpdate -DeleteComments $false -DeleteSubject $false",
    Symptom.ANSWERED: "-AutomateProcessing AutoUpdate",
}


def judge_settings(operations: Sequence[Operation], place: Place) -> list[Finding]:
    """One finding for each symptom in recent operations, or a single one if there are none."""
    seen = Counter(operation.symptom for operation in operations if operation.symptom)
    if not seen:
        return [sound(Check.MAILBOX_SETTINGS, f"Nothing unusual about the last {len(operations)} meeting messages.")]
    return [_settings(Symptom(symptom), count, len(operations), place) for symptom, count in sorted(seen.items())]


def _settings(symptom: Symptom, count: int, total: int, place: Place) -> Finding:
    details = f"{CAUSES[symptom]} Seen in {count} of the last {total} meeting messages."
    remedy = f"Set-CalendarProcessing -Identity {quoted(place.mailbox)} {_REMEDIES[symptom]}"
    return problem(Check.MAILBOX_SETTINGS, details, remedy)


def judge_lag(operations: Sequence[Operation], place: Place) -> Finding:
    """Judge how long messages took from arrival to the end of processing."""
    done = [each for each in operations if each.done and each.decision is not DecisionKind.IGNORE]
    lags = [_lag(operation) for operation in done]
    if not lags:
        return sound(Check.LAG, "No meeting messages have been processed recently.")
    usual, longest = timedelta(seconds=median(lags)), timedelta(seconds=max(lags))
    details = f"Half of {len(lags)} messages took more than {_time(usual)}. The slowest took {_time(longest)}."
    if usual <= SLOW and longest <= VERY_SLOW:
        return sound(Check.LAG, details)
    if usual <= SLOW:
        return warning(Check.LAG, f"{details} Was Exchange unavailable?", "vmr operations list")
    return problem(Check.LAG, f"{details} Are notifications arriving?", handshake(place))


def _lag(operation: Operation) -> float:
    done, received = datetime.fromisoformat(operation.done), datetime.fromisoformat(operation.received)
    return max(0.0, (done - received).total_seconds())


def _time(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def handshake(place: Place) -> str:
    """The command that does what Graph does before it sends notifications. If it succeeds, it prints "doctor"."""
    return f"curl -sS -X POST -H 'Content-Length: 0' '{place.base_url}/mailbox/notifications?validationToken=doctor'"


def judge_unfinished(operations: Sequence[Operation], now: datetime, place: Place) -> Finding:
    """Judge decisions that have not been carried out although their lease has expired. The next sweep resumes them. If
    some remain after several sweeps, somebody must fix the problem.
    """
    old = [each for each in operations if datetime.fromisoformat(each.created) + 3 * LEASE_TIME < now]
    if not old:
        return sound(Check.UNFINISHED, "No decisions are waiting to be carried out.")
    oldest = min(old, key=lambda operation: operation.created)
    details = f"{len(old)} decisions have not been carried out yet, the oldest since {oldest.created}."
    path = f"{OPERATIONS_PATH}?transaction_uuid={oldest.correlation_id}"
    return problem(Check.UNFINISHED, details, place.curl("GET", path))
