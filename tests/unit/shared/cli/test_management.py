"""How the deployment's responses are presented to the user."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from shared.cli.management import ManagementClient, Saved
from shared.cli.outcome import CommandFailed, Exit
from shared.errors import SettingsInvalid


def client(answer: Callable[[httpx.Request], httpx.Response]) -> ManagementClient:
    return ManagementClient(httpx.Client(transport=httpx.MockTransport(answer), base_url="https://vmr.example.com/sub"))


def failure(answer: Callable[[httpx.Request], httpx.Response]) -> CommandFailed:
    with pytest.raises(CommandFailed) as failed:
        client(answer).integrations()
    return failed.value


@pytest.mark.parametrize(
    ("status", "body", "exit_code", "message"),
    [
        (400, {"error": "There is no filter 'x'."}, Exit.REFUSED, "There is no filter 'x'."),
        (401, {"error": "A password is needed."}, Exit.ACCESS, "A password is needed. Check --username and"),
        (403, {"error": "Not yours."}, Exit.ACCESS, "Not yours. Check"),
        (404, {"error": "No such resource.", "correlation_id": "7"}, Exit.MISSING, "No such resource."),
        (409, {"error": "It has meetings."}, Exit.CONFLICT, "It has meetings."),
        (412, {"error": "changed: name", "changed": ["name"]}, Exit.CONFLICT, "changed: name"),
        (429, {"error": "Slowly."}, Exit.UNAVAILABLE, "Slowly. Try again later."),
        (
            503,
            {"error": "Storage is down.", "correlation_id": "7"},
            Exit.UNAVAILABLE,
            "Storage is down. (Correlation id 7.) Try again later.",
        ),
        (
            502,
            "<html>Bad gateway</html>",
            Exit.UNAVAILABLE,
            "GET /sub/api/admin/configuration/v1/ms_exchange_connector/ returned 502 Bad Gateway. Try again",
        ),
        (500, {"status": "failure", "error": {"message": "no text"}}, Exit.UNAVAILABLE, "returned 500"),
        (200, "<html>Welcome</html>", Exit.UNAVAILABLE, "is not a management API"),
        (200, [], Exit.UNAVAILABLE, "is not a management API"),
        (200, {"objects": []}, Exit.UNAVAILABLE, "is not a management API"),
    ],
)  # fmt: skip
def test_a_refusal_has_an_exit_code_and_a_message(status: int, body: Any, exit_code: Exit, message: str) -> None:
    sent = {"text": body} if isinstance(body, str) else {"json": body}
    failed = failure(lambda request: httpx.Response(status, **sent))
    assert failed.exit_code is exit_code
    assert message in str(failed)


def test_redirects_are_not_followed_because_credentials_would_be_sent_to_another_host() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"Location": "https://login.example.net/"})

    assert "points to https://login.example.net/" in str(failure(answer))
    assert asked == ["vmr.example.com"]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (httpx.ReadTimeout("late"), "https://vmr.example.com/sub/ did not respond in time"),
        (httpx.ConnectError("no such host"), "https://vmr.example.com/sub/ cannot be reached: no such host."),
        (httpx.RemoteProtocolError("hung up"), "cannot be reached: hung up."),
    ],
)
def test_a_request_without_a_response_is_explained(error: httpx.RequestError, message: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    failed = failure(answer)
    assert failed.exit_code is Exit.UNAVAILABLE
    assert message in str(failed)


def test_faults_in_settings_keep_their_fields() -> None:
    faults = {"name": ["This field is required."], "__all__": ["Too long."]}
    with pytest.raises(SettingsInvalid) as refused:
        client(lambda request: httpx.Response(400, json={"ms_exchange_connector": faults})).create({})
    assert refused.value.faults == faults


def test_lists_are_read_completely() -> None:
    objects = [{"id": number} for number in range(250)]

    def answer(request: httpx.Request) -> httpx.Response:
        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        assert request.url.params["name"] == "a b&c"
        return httpx.Response(200, json={"meta": {"total_count": 250}, "objects": objects[offset : offset + limit]})

    assert client(answer).integrations(name="a b&c") == objects


def test_a_list_that_shrinks_while_it_is_read_still_ends() -> None:
    answers = iter([[{"id": 1}], []])
    page = lambda request: httpx.Response(200, json={"meta": {"total_count": 9}, "objects": next(answers)})  # noqa: E731
    assert client(page).alarms() == [{"id": 1}]


def test_an_object_without_an_etag_cannot_be_saved() -> None:
    with pytest.raises(CommandFailed, match="no ETag"):
        client(lambda request: httpx.Response(200, json={"id": 3})).read(3)


def test_a_change_states_the_revision_it_is_based_on() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.headers["If-Match"]) == ("PATCH", '"7"')
        return httpx.Response(202, json={"id": 3})

    assert client(answer).change(Saved({"id": 3}, '"7"'), {"name": "a"}) == {"id": 3}
