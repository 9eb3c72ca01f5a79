"""The management API with in-memory storage, and a minimal client."""

import json
from collections.abc import Mapping
from typing import Any

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from shared.alarms import Alarms
from shared.conferences.platform import PolicyPlatform
from shared.errors import NotAuthenticated
from shared.identity.api_clients import ApiClients
from shared.integrations import IntegrationStore
from shared.management import Admin, Answer, Call, Management, management
from shared.meetings.room_control import RoomControl
from shared.record_lists.lists import RecordLists
from tests.fakes.clock import FakeClock
from tests.fakes.doctor import FakeDoctor
from tests.fakes.lifecycle import FakeLifecycle
from tests.fakes.names import known_names, name_at
from tests.fakes.sign_in import sign_in_link
from tests.support.integrations import graph_fields

CONNECTORS = "configuration/v1/ms_exchange_connector/"
DOMAINS = "configuration/v1/exchange_domain/"
PROOF = {"authorization": "Bearer admin"}


READER = {"authorization": "Bearer reader"}


class TwoAdmins:
    """Credentials that accept PROOF for everything and READER for reading."""

    async def authenticate(self, headers: Mapping[str, str]) -> Admin:
        if headers.get("authorization") not in (PROOF["authorization"], READER["authorization"]):
            raise NotAuthenticated("Who are you?")
        return Admin("tester", may_change=headers["authorization"] == PROOF["authorization"])


class Api:
    """An empty deployment, and a client with an admin's credentials."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.storage = MemoryStorage()
        self.secrets = MemorySecrets()
        self.integrations = IntegrationStore(self.storage, self.secrets, self.clock)
        self.api_clients = ApiClients(self.storage, self.clock)
        self.alarms = Alarms(self.storage, self.clock)
        self.lifecycle = FakeLifecycle()
        self.doctor = FakeDoctor()
        parts = self.integrations, self.storage, self.alarms, self.clock, self.lifecycle, self.doctor
        control = RoomControl(self.storage, PolicyPlatform(self.storage), self.clock)
        lists = RecordLists(self.storage, self.clock, self.integrations.uuid_after, self.integrations.id_of)
        more = sign_in_link, known_names, name_at, control, lists
        self.management: Management = management(TwoAdmins(), self.api_clients, *parts, *more, local=False)

    async def raw(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, query: str = ""
    ) -> Answer:
        """Send exactly the given request. `path` is relative to /api/admin/."""
        sent = {"content-type": "application/json", **PROOF, **(headers or {})}
        return await self.management.answer(Call(method, f"/api/admin/{path}", query, sent, body))

    async def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request with a JSON body. `path` may contain a query."""
        path, _, query = path.partition("?")
        sent = b"" if body is None else json.dumps(body).encode()
        answer = await self.raw(method, path, sent, headers, query)
        json.dumps(answer.body)  # every response must be serializable as JSON
        return answer

    async def get(self, path: str) -> Any:
        """What GET shows."""
        answer = await self.call("GET", path)
        assert answer.status == 200, answer
        return answer.body

    async def ids(self, path: str) -> list[int]:
        """The ids in a list."""
        return [shown["id"] for shown in (await self.get(path))["objects"]]


async def created(api: Api, **changes: Any) -> dict[str, Any]:
    answer = await api.call("POST", CONNECTORS, graph_fields(**changes))
    assert answer.status == 201, answer
    shown: dict[str, Any] = answer.body
    return shown
