"""Random histories: organizers' actions × faults × crashes × outages, compared with an undisturbed run.

Each history runs twice: once with at least three faults, crashes, outages or idle workers, and once without. Both runs
must have the same outcome: when each room is open, and the last answer to each organizer. No version of a meeting is
answered twice. Over EWS, both runs must also have the same outcome as over Graph.

`python -m tests.integration.meetings.many_histories graph 10000` runs many histories and counts those that fail.
"""

import asyncio
from random import Random

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from dev.harness.integration import By
from dev.harness.outages import Away
from shared.mailboxes.graph.client import RetryReads
from tests.integration.meetings.histories import Step, check, check_on_node, random_history, random_variants, run_by_run


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry reads without a pause, because only the outcome is tested."""
    monkeypatch.setattr(RetryReads, "get_delay_time", lambda *_: 0.0)


# A process that crashes closes nothing, so its sockets are still open when they are garbage-collected.
dies = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@dies
@run_by_run
@given(chance=st.randoms(use_true_random=False))
def test_over_graph_troubles_make_no_difference_in_the_end(chance: Random) -> None:
    history, varied = random_history(chance, By.GRAPH), random_variants(chance, By.GRAPH)
    note(f"history: {history}, variants: {varied}")
    asyncio.run(check(history, By.GRAPH, varied=varied))


@dies
@run_by_run
@given(chance=st.randoms(use_true_random=False), renews=st.booleans())
def test_over_ews_the_outcome_is_the_same_with_and_without_troubles(chance: Random, renews: bool) -> None:
    history, varied = random_history(chance, By.EWS), random_variants(chance, By.EWS)
    note(f"history: {history}, other habits: {varied}")
    asyncio.run(check(history, By.EWS, renews=renews, varied=varied))


@dies
@settings(max_examples=6, suppress_health_check=list(HealthCheck), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_on_a_management_node_the_outcome_equals_that_of_policy(chance: Random) -> None:
    history, varied = random_history(chance, By.GRAPH), random_variants(chance, By.GRAPH)
    note(f"history: {history}, variants: {varied}")
    asyncio.run(check_on_node(history, varied=varied))


def test_a_room_is_open_for_an_occurrence_changed_before_its_series_was_read() -> None:
    """After an outage both messages are read together, and `/instances` lists no exceptions in some tenants."""
    three_days: Step = ("outage", Away.EXCHANGE, 503, "three days")
    rename: Step = ("rename occurrence", 1, 1)
    history: list[list[Step]] = [
        [(0, ("invite", 1, 17, "series")), (4, ("invite", 2, 13, "none")), (0, three_days), (3, rename)]
    ]
    asyncio.run(check(history, By.GRAPH, varied={"uid": False, "instances_with_exceptions": False}))


def test_an_update_without_a_tag_that_overtook_its_invitation_is_not_declined() -> None:
    """Messages found by a sweep wait in the queue behind the update that triggered it."""
    lost: Step = ("fault", ("notification", "lose", 2))
    series: Step = ("invite", 0, 16, "series")
    history: list[list[Step]] = [[(0, lost), (0, series), (0, ("swap", 0)), (0, ("untag", 0))]]
    asyncio.run(check(history, By.GRAPH))


@pytest.mark.parametrize("then", ["move", "cancel", "swap"])
@pytest.mark.parametrize("first", ["move", "rename", "swap"])
def test_two_messages_about_one_occurrence_that_refer_to_its_series_are_both_completed(first: str, then: str) -> None:
    """grommunio sends such messages. By the time the second is read, the occurrence has been moved or removed."""
    series: Step = ("invite", 2, 8, "series")
    history: list[list[Step]] = [[(0, series)], [(0, (f"{verb} occurrence", 2, 2)) for verb in (first, then)]]
    asyncio.run(check(history, By.EWS, varied={"names_occurrences": False}))


@pytest.mark.parametrize("by", By)
@pytest.mark.parametrize("kind", ["tag", "series"])
def test_a_room_swapped_before_the_tag_was_removed_stays_with_the_meeting(by: By, kind: str) -> None:
    """Exchange Online files both updates away, so both are read only when the first is already outdated."""
    swap, untag = ("swap", 1), ("untag", 1)
    history: list[list[Step]] = [
        [(0, ("invite", 1, 18, kind))],
        [(0, swap), (0, untag)],
        [(0, swap), (3, swap), (0, untag)],
    ]
    asyncio.run(check(history, by))


@dies
def test_a_series_with_an_unsent_answer_is_answered_although_an_occurrence_was_cancelled() -> None:
    """The update that follows sends the organizer nothing, so the answer to the invitation must still be sent."""
    lost: Step = ("fault", ("notification", "lose", 1))
    dies_before_it_answers: Step = ("die", 6, True)
    history: list[list[Step]] = [
        [
            (0, ("invite", 0, 21, "series")),
            (0, dies_before_it_answers),
            (0, lost),
            (7, ("untag", 0)),
            (3, ("cancel occurrence", 0, 2)),
        ]
    ]
    asyncio.run(check(history, By.GRAPH))
