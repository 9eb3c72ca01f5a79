"""The management API's trigger: HTTP in, HTTP out."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import azure.functions as func
import pytest

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from functions import management
from shared.composition import Services, install
from shared.identity.passwords import hash_password
from shared.settings import BasicCredential, Settings, StorageAccount
from tests.fakes.clock import FakeClock
from tests.support.integrations import graph_fields

BASE = "https://vmr.example.com/api/admin/"
CONNECTORS = "configuration/v1/ms_exchange_connector/"
PROOF = {"Authorization": "Basic " + base64.b64encode(b"admin:local-admin").decode()}


@pytest.fixture(scope="module")
def credential() -> BasicCredential:
    return BasicCredential("admin", hash_password("local-admin"))


@pytest.fixture
async def deployment(credential: BasicCredential) -> AsyncIterator[Services]:
    settings = Settings(
        StorageAccount("x"),
        "https://vmr.example.com",
        b"k" * 32,
        graph_base_url="http://127.0.0.1:1/v1.0",  # saving tests the connection, and nothing listens at this address
        secrets_file="x",
        management=credential,
    )
    parts = Services(settings, MemoryStorage(), MemorySecrets(), FakeClock())
    install(parts)
    yield parts
    await parts.close()


async def send(method: str, path: str, body: Any = None, **headers: str) -> func.HttpResponse:
    sent = b"" if body is None else json.dumps(body).encode()
    return await management.respond(
        func.HttpRequest(method, BASE + path, headers={"Content-Type": "application/json", **headers}, body=sent)
    )


@pytest.mark.usefixtures("deployment")
async def test_an_integration_is_created_changed_and_deleted() -> None:
    created = await send("POST", CONNECTORS, graph_fields(), **PROOF)
    assert (created.status_code, created.headers["Location"]) == (201, f"/api/admin/{CONNECTORS}1/")
    etag = created.headers["ETag"]
    changed = await send("PATCH", CONNECTORS + "1/", {"description": "Ærlig"}, **PROOF, **{"If-Match": etag})
    assert changed.status_code == 202
    assert json.loads(changed.get_body())["description"] == "Ærlig"
    listed = await send("GET", CONNECTORS + "?name__icontains=CORP&limit=1", **PROOF)
    assert json.loads(listed.get_body())["meta"]["total_count"] == 1
    removed = await send("DELETE", CONNECTORS + "1/", **PROOF)
    assert (removed.status_code, removed.get_body()) == (204, b"")
    missing = await send("GET", CONNECTORS + "1/", **PROOF)
    assert missing.status_code == 404
    assert set(json.loads(missing.get_body())) == {"error", "code", "correlation_id"}


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YWRtaW46eA=="}, {"Authorization": "Bearer x.y.z"}])
async def test_every_request_needs_credentials(headers: dict[str, str]) -> None:
    answer = await send("GET", CONNECTORS, **headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="management"'
    assert "objects" not in json.loads(answer.get_body())


async def test_no_admin_is_admitted_if_no_password_is_set() -> None:
    settings = Settings(StorageAccount("x"), "https://vmr.example.com", b"k" * 32, secrets_file="x")
    install(Services(settings, MemoryStorage(), MemorySecrets(), FakeClock()))
    assert (await send("GET", CONNECTORS, **PROOF)).status_code == 401


async def test_an_internal_error_reveals_nothing(
    deployment: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: int) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(deployment.foundation.integrations, "page", broken)
    answer = await send("GET", CONNECTORS, **PROOF)
    told = json.loads(answer.get_body())
    assert answer.status_code == 500
    assert "secret" not in answer.get_body().decode()
    assert told["correlation_id"] in caplog.text
