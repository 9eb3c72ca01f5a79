"""Every error has its status, and no response reveals what is not meant for its reader (rule 6)."""

import importlib
import json
import logging
import pkgutil
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

import shared
from functions import management
from functions.http import STATUS, failure, json_endpoint, json_response, status_of
from functions.sign_in import page_endpoint
from shared.conferences.room_comparison import RoomsDiffer
from shared.errors import (
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NumberSpaceFull,
    RateLimited,
    SchedulingError,
    SettingsInvalid,
    TemplateInvalid,
    TooLarge,
    Unavailable,
)
from shared.intake.watcher import MailboxUnreadable
from shared.mailboxes.ews.failures import EwsError
from shared.mailboxes.graph.error_mapping import GraphError, GraphItemGone
from shared.mailboxes.mailbox import CalendarItemGone, ForeignItem, ItemGone, MessageNotFound
from shared.management_node.failure import NodeRefused
from shared.meetings.backlog import StillWaiting
from shared.meetings.comparison import CalendarDiffers
from shared.meetings.due_runner import TasksFailed
from shared.settings import SettingsError
from shared.storage import RowChanged, RowExists

INTERNAL = {
    SchedulingError: "the base",
    SettingsError: "the app cannot start",
    GraphError: "Graph refused what we sent: a bug of ours or of the deployment",
    GraphItemGone: "the processor's business",
    ForeignItem: "the processor's business",
    EwsError: "EWS refused what we sent: a bug of ours or of the deployment",
    ItemGone: "the processor's business",
    CalendarItemGone: "the processor's business",
    MessageNotFound: "the processor's business",
    NodeRefused: "the Management Node refused what we sent",
    MailboxUnreadable: "an alarm of the sweep",
    StillWaiting: "an alarm of the sweep",
    CalendarDiffers: "an alarm of the nightly comparison",
    RoomsDiffer: "an alarm of the comparison with a Management Node",
    TasksFailed: "an alarm of the hourly round",
}
"""Errors that answer 500, each with the reason why no caller can do anything about it."""


def tree(kind: type[SchedulingError] = SchedulingError) -> Iterator[type[SchedulingError]]:
    """The class and all below it, wherever they are defined."""
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


def everything() -> set[type[SchedulingError]]:
    """Every error that a function may meet; the command line tells its own to a person at a terminal."""
    for module in pkgutil.walk_packages(shared.__path__, "shared."):
        if not module.name.startswith("shared.cli"):
            importlib.import_module(module.name)
    return {kind for kind in tree() if re.match(r"shared\.(?!cli\.)", kind.__module__)}


def test_the_mapping_is_complete() -> None:
    """A new kind of error answers 500 only where that is meant."""
    unmapped = {kind for kind in everything() if not any(base in STATUS for base in kind.__mro__[:-4])}
    assert unmapped <= set(INTERNAL), "give these a place in STATUS or below a class that has one"


def test_every_error_has_a_code_of_its_own_or_its_parents() -> None:
    assert all(re.fullmatch("[a-z_]+", kind.code) for kind in everything())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidRequest("x"), 422),
        (SettingsInvalid({"name": ["x"]}), 422),
        (TemplateInvalid("x"), 422),
        (TooLarge("x"), 413),
        (NotAuthenticated("x"), 401),
        (NotAllowed("x"), 403),
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (RowExists("x"), 409),
        (RowChanged("x"), 409),
        (RateLimited("x", 1), 429),
        (Unavailable("x"), 503),
        (NumberSpaceFull("x"), 503),
        (GraphError(404, "x"), 500),
        (SchedulingError("x"), 500),
    ],
)
def test_statuses(error: SchedulingError, status: int) -> None:
    """401, 403, 404, 409, 422, 429, 503."""
    assert status_of(error) == status
    assert failure(error).status_code == status


REQUEST = func.HttpRequest("GET", "https://vmr.example.com/x?secret=1", body=b"")


def body(answer: func.HttpResponse) -> Any:
    return json.loads(answer.get_body())


async def test_a_result_is_wrapped() -> None:
    @json_endpoint
    async def endpoint(_: func.HttpRequest) -> Any:
        return {"name": "Größe"}

    answer = await endpoint(REQUEST)
    assert (answer.status_code, body(answer)) == (200, {"status": "success", "result": {"name": "Größe"}})
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_an_answer_of_its_own_passes_as_it_is() -> None:
    own = json_response({"status": "fail"}, 404)

    @json_endpoint
    async def endpoint(_: func.HttpRequest) -> Any:
        """What it does."""
        return own

    assert await endpoint(REQUEST) is own
    assert (endpoint.__name__, endpoint.__doc__) == ("endpoint", "What it does.")


async def test_a_failure_says_what_is_wrong_and_where_to_look(caplog: pytest.LogCaptureFixture) -> None:
    @json_endpoint
    async def endpoint(_: func.HttpRequest) -> Any:
        raise NotAllowed("Single-use VMRs are not enabled here.")

    with caplog.at_level(logging.INFO):
        answer = await endpoint(REQUEST)
    error = body(answer)["error"]
    assert (answer.status_code, body(answer)["status"]) == (403, "failure")
    assert (error["code"], error["message"]) == ("not_allowed", "Single-use VMRs are not enabled here.")
    assert error["correlation_id"] in caplog.text


async def test_a_fault_of_ours_tells_nothing_but_its_correlation_id(caplog: pytest.LogCaptureFixture) -> None:
    @json_endpoint
    async def endpoint(_: func.HttpRequest) -> Any:
        raise ZeroDivisionError("alice@example.com")

    answer = await endpoint(REQUEST)
    error = body(answer)["error"]
    assert (answer.status_code, error["code"]) == (500, "general_error")
    assert "alice" not in answer.get_body().decode()
    assert "ZeroDivisionError" not in answer.get_body().decode()
    [record] = caplog.records
    assert error["correlation_id"] in record.getMessage()
    assert record.exc_info is not None, "the log tells more"


@pytest.mark.parametrize(("wait", "header"), [(0.1, "1"), (2.128, "2"), (90, "90")])
def test_who_has_to_wait_is_told_how_long(wait: float, header: str) -> None:
    assert failure(RateLimited("Please wait.", wait)).headers["Retry-After"] == header
    assert "Retry-After" not in failure(NotFound("x")).headers


async def json_failure(error: Exception) -> func.HttpResponse:
    @json_endpoint
    async def endpoint(_: func.HttpRequest) -> Any:
        raise error

    return await endpoint(REQUEST)


async def page_failure(error: Exception) -> func.HttpResponse:
    @page_endpoint
    async def endpoint(_: func.HttpRequest) -> Any:
        raise error

    return await endpoint(REQUEST)


async def management_failure(error: Exception, monkeypatch: pytest.MonkeyPatch) -> func.HttpResponse:
    async def answer(_: Any) -> Any:
        raise error

    administration = SimpleNamespace(management=SimpleNamespace(answer=answer))
    monkeypatch.setattr(management, "services", lambda: SimpleNamespace(administration=administration))
    return await management.respond(REQUEST)


@pytest.mark.parametrize("error", [RateLimited("Please wait.", 90), NotFound("Not here."), ZeroDivisionError("alice")])
async def test_every_kind_of_endpoint_tells_status_and_wait_alike(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Sign-in pages once forgot the Retry-After."""
    answers = [await json_failure(error), await page_failure(error), await management_failure(error, monkeypatch)]
    status = status_of(error) if isinstance(error, SchedulingError) else 500
    wait = "90" if isinstance(error, RateLimited) else None
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers] == [(status, wait)] * 3
    assert not [answer for answer in answers if b"alice" in answer.get_body()]
    assert all(answer.headers["Cache-Control"] == "no-store" for answer in answers)
