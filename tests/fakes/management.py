"""The real management API with in-memory storage, behind a small HTTP server, without a functions host."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from json import dumps
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from functions.http import status_of
from shared.alarm_kinds import AlarmKind
from shared.alarms import Alarms
from shared.conferences.platform import PolicyPlatform
from shared.errors import SchedulingError
from shared.identity.api_clients import ApiClients
from shared.identity.passwords import hash_password
from shared.integrations import IntegrationStore
from shared.management import Answer, Call, PasswordAdmins, management
from shared.meetings.room_control import RoomControl
from shared.record_lists.lists import RecordLists
from shared.settings import BasicCredential
from tests.fakes.clock import FakeClock
from tests.fakes.doctor import FakeDoctor
from tests.fakes.lifecycle import FakeLifecycle
from tests.fakes.names import known_names, name_at
from tests.fakes.sign_in import sign_in_link

USERNAME, PASSWORD = "admin", "correct horse"
_ADMINS = PasswordAdmins(BasicCredential(USERNAME, hash_password(PASSWORD)))
"""Shared by all deployments, because its cache saves password checks, which take longer than most tests."""

_Result = TypeVar("_Result")


class FakeDeployment:
    """A deployment that handles requests one at a time, on a separate event loop.

    `calls` lists all requests. `interrupt` is called before each request, and its result, if any, is sent instead.
    """

    def __init__(self) -> None:
        storage, clock = MemoryStorage(), FakeClock()
        self.storage, self.clock = storage, clock
        self.secrets = MemorySecrets()
        self.integrations = IntegrationStore(storage, self.secrets, clock)
        self.alarms = Alarms(storage, clock)
        self.doctor = FakeDoctor()
        parts = self.integrations, storage, self.alarms, clock, FakeLifecycle(), self.doctor
        control = RoomControl(storage, PolicyPlatform(storage), clock)
        lists = RecordLists(storage, clock, self.integrations.uuid_after, self.integrations.id_of)
        more = sign_in_link, known_names, name_at, control, lists
        self._api = management(_ADMINS, ApiClients(storage, clock), *parts, *more, local=False)
        self._loop = asyncio.Runner()
        self.calls: list[Call] = []
        self.interrupt: Callable[[Call], Answer | None] = lambda call: None
        self.url = ""

    @property
    def changes(self) -> list[tuple[str, str]]:
        """The method and path of each request that may have changed something."""
        return [
            (call.method, call.path)
            for call in self.calls
            if call.method != "GET" and not call.path.endswith(("/check/", "/preview/"))
        ]

    def do(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a coroutine that uses the deployment's stores."""
        return self._loop.run(work)

    def add(self, fields: dict[str, Any]) -> str:
        """Create an integration, and return its UUID."""
        return self.do(self.integrations.create(fields)).uuid

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a request as another admin. It does not appear in `calls`. `path` is relative to /api/admin/."""
        proof = b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        headers = {"authorization": f"Basic {proof}", "content-type": "application/json"}
        sent = b"" if body is None else dumps(body).encode()
        return self.do(self._api.answer(Call(method, f"/api/admin/{path}", "", headers, sent)))

    def raise_alarm(self, uuid: str, kind: AlarmKind, cause: str) -> None:
        """Raise an alarm for an integration."""
        self.do(self.alarms.raise_(uuid, kind, cause))

    def answer(self, call: Call) -> Answer:
        """Handle a request as functions/management.py does."""
        self.calls.append(call)
        instead = self.interrupt(call)
        if instead is not None:
            return instead
        try:
            return self.do(self._api.answer(call))
        except SchedulingError as error:
            return Answer(status_of(error), {"error": str(error), "code": error.code, "correlation_id": "c0ffee"})


@contextmanager
def running_deployment() -> Iterator[FakeDeployment]:
    """A deployment that listens on a free port."""
    deployment = FakeDeployment()
    server = HTTPServer(("127.0.0.1", 0), _handler(deployment))
    deployment.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield deployment
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        deployment._loop.close()


def _handler(deployment: FakeDeployment) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = deployment.answer(Call(self.command, url.path, url.query, headers, body))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.body is not None:
                text = answer.body if isinstance(answer.body, str) else dumps(answer.body)
                self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
