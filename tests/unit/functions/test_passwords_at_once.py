"""A flood of wrong passwords: rejected callers of policy and management get a Retry-After header."""

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import azure.functions as func
import pytest

from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from functions import management, policy
from shared.composition import Services, install
from shared.identity.passwords import MAX_WAITING_OF_ONE, hash_password
from shared.settings import BasicCredential, Settings, StorageAccount
from tests.fakes.clock import FakeClock

GUESSES = 20


@pytest.fixture
async def deployment() -> AsyncIterator[Services]:
    credential = BasicCredential("admin", hash_password("right"))
    url = "https://vmr.example.com"
    settings = Settings(StorageAccount("x"), url, b"k" * 32, management=credential, policy=credential)
    parts = Services(settings, MemoryStorage(), MemorySecrets(), FakeClock())
    install(parts)
    yield parts
    await parts.close()


def request(path: str, password: str, address: str) -> func.HttpRequest:
    proof = "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()
    headers = {"Authorization": proof, "X-Forwarded-For": f"10.0.0.1, {address}:4711"}
    return func.HttpRequest("GET", f"https://vmr.example.com/{path}", headers=headers, body=b"")


async def asks_policy(password: str, address: str) -> func.HttpResponse:
    endpoint: Callable[[func.HttpRequest], Coroutine[Any, Any, func.HttpResponse]]
    endpoint = policy.service_configuration.build().get_user_function()
    return await endpoint(request("policy/v1/service/configuration", password, address))


async def asks_management(password: str, address: str) -> func.HttpResponse:
    return await management.respond(request("api/admin/configuration/v1/ms_exchange_connector/", password, address))


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize(("ask", "right"), [(asks_policy, 404), (asks_management, 200)])
async def test_guesses_from_one_address_do_not_block_the_right_password(
    ask: Callable[[str, str], Coroutine[Any, Any, func.HttpResponse]], right: int
) -> None:
    guesses = [asyncio.create_task(ask(str(n), "203.0.113.7")) for n in range(GUESSES)]
    await asyncio.sleep(0)
    assert (await ask("right", "198.51.100.1")).status_code == right
    answers = await asyncio.gather(*guesses)
    assert Counter(answer.status_code for answer in answers) == {
        401: MAX_WAITING_OF_ONE,
        429: GUESSES - MAX_WAITING_OF_ONE,
    }
    assert {answer.headers.get("Retry-After") for answer in answers} == {"2", None}
