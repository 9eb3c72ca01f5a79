"""Operations are stored as fixed strings that do not depend on class names."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bookings.operation import DecisionKind, Mailing, Operation
from shared.calendar.request import Answer
from shared.meetings.decision import Accept, Close, Decision, Ignore, Provide, Refresh, Reject
from shared.storage import Row

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC).isoformat()
PARTITION = "11111111-1111-4111-8111-111111111111"
IDS = st.lists(st.from_regex(r"[!-~]{1,40}", fullmatch=True), unique=True).map(tuple)


@pytest.mark.parametrize(
    ("decision", "text"),
    [(Accept, "accept"), (Provide, "provide"), (Refresh, "refresh"), (Reject, "reject"), (Close, "close"),
     (Ignore, "ignore")],
)  # fmt: skip
def test_decisions_are_stored_as_fixed_strings(decision: type[Decision], text: str) -> None:
    assert decision.kind.value == text


@given(st.sampled_from(DecisionKind), IDS, st.lists(st.sampled_from(Mailing), unique=True).map(tuple), IDS)
def test_a_stored_operation_is_read_back_unchanged(
    decision: DecisionKind, tags: tuple[str, ...], mails: tuple[Mailing, ...], drafts: tuple[str, ...]
) -> None:
    operation = Operation(
        "c", "m", AT, AT, "new request", decision, "", answer=Answer.ACCEPTED, tags=tags, mails=mails, drafts=drafts
    )
    assert Operation.from_row(Row(PARTITION, operation.key, operation.values())) == operation


def test_lists_are_stored_as_ids_separated_by_spaces() -> None:
    """All versions so far have written lists in this form, and two versions may share a table during a deployment."""
    mails = (Mailing.INSTRUCTIONS, Mailing.RESPONSE)
    values = Operation("c", "m", AT, AT, "", DecisionKind.ACCEPT, "", tags=("a", "b"), mails=mails).values()
    assert (values["tags"], values["mails"], values["drafts"]) == ("a b", "instructions response", "")
