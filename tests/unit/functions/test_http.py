"""Every error has an HTTP status, and no response reveals confidential data (rule 6)."""

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
    SchedulingError: "the base class",
    SettingsError: "the app cannot start",
    GraphError: "Graph refused a request: a bug, or a misconfigured deployment",
    GraphItemGone: "handled by the processor",
    ForeignItem: "handled by the processor",
    EwsError: "EWS refused a request: a bug, or a misconfigured deployment",
    ItemGone: "handled by the processor",
    CalendarItemGone: "handled by the processor",
    MessageNotFound: "handled by the processor",
    NodeRefused: "the Management Node refused a request",
    MailboxUnreadable: "raised as an alarm by the sweep",
    StillWaiting: "raised as an alarm by the sweep",
    CalendarDiffers: "raised as an alarm by the nightly comparison",
    RoomsDiffer: "raised as an alarm by the comparison with a Management Node",
    TasksFailed: "raised as an alarm by the hourly round",
}
"""Errors that result in a 500, each with the reason why there is nothing the caller can do about it."""


def tree(kind: type[SchedulingError] = SchedulingError) -> Iterator[type[SchedulingError]]:
    """A class and all its subclasses, wherever they are defined."""
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


def everything() -> set[type[SchedulingError]]:
    """All errors that functions may raise. Errors specific to the command line are excluded."""
    for module in pkgutil.walk_packages(shared.__path__, "shared."):
        if not module.name.startswith("shared.cli"):
            importlib.import_module(module.name)
    return {kind for kind in tree() if re.match(r"shared\.(?!cli\.)", kind.__module__)}


def test_the_mapping_of_errors_is_complete() -> None:
    """A new kind of error must not result in a 500 unintentionally."""
    unmapped = {kind for kind in everything() if not any(base in STATUS for base in kind.__mro__[:-4])}
    assert unmapped <= set(INTERNAL), "add these errors to STATUS, or derive them from an error that is in it"


def test_every_error_has_a_code_or_inherits_one() -> None:
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
def test_errors_have_their_http_status(error: SchedulingError, status: int) -> None:
    """The documented statuses are 401, 403, 404, 409, 422, 429 and 503."""
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


async def test_a_finished_response_is_returned_unchanged() -> None:
    own = json_response({"status": "fail"}, 404)

    @json_endpoint
    async def endpoint(_: func.HttpRequest) -> Any:
        """What it does."""
        return own

    assert await endpoint(REQUEST) is own
    assert (endpoint.__name__, endpoint.__doc__) == ("endpoint", "What it does.")


async def test_a_failure_has_a_message_and_a_correlation_id_that_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    @json_endpoint
    async def endpoint(_: func.HttpRequest) -> Any:
        raise NotAllowed("Single-use VMRs are not enabled here.")

    with caplog.at_level(logging.INFO):
        answer = await endpoint(REQUEST)
    error = body(answer)["error"]
    assert (answer.status_code, body(answer)["status"]) == (403, "failure")
    assert (error["code"], error["message"]) == ("not_allowed", "Single-use VMRs are not enabled here.")
    assert error["correlation_id"] in caplog.text


async def test_an_internal_error_reveals_only_its_correlation_id(caplog: pytest.LogCaptureFixture) -> None:
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
    assert record.exc_info is not None, "the log contains the details"


@pytest.mark.parametrize(("wait", "header"), [(0.1, "1"), (2.128, "2"), (90, "90")])
def test_a_caller_who_must_wait_gets_a_retry_after_header(wait: float, header: str) -> None:
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
async def test_all_kinds_of_endpoint_return_the_same_status_and_retry_after(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In an earlier version, sign-in pages lacked Retry-After."""
    answers = [await json_failure(error), await page_failure(error), await management_failure(error, monkeypatch)]
    status = status_of(error) if isinstance(error, SchedulingError) else 500
    wait = "90" if isinstance(error, RateLimited) else None
    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers] == [(status, wait)] * 3
    assert not [answer for answer in answers if b"alice" in answer.get_body()]
    assert all(answer.headers["Cache-Control"] == "no-store" for answer in answers)
