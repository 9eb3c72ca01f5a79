"""Fixtures for tests of every kind."""

import os
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import hypothesis
import pytest
from azure.core.pipeline.transport import AioHttpTransport

from dev.azurite import ACCOUNT, running_azurite
from dev.environment import child_environment
from dev.harness import azure_storage_rules
from tests.support.order import longest_first
from tests.support.shuffle import shuffled

# Tests check results, not speed. A busy machine must not make them fail; timings are measured in bench/.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=15)
hypothesis.settings.load_profile("untimed")

# This machine's web proxy must not be used between a test and the servers that it starts.
os.environ.update(child_environment())

_running: ContextVar[str] = ContextVar("running", default="")
"""The test that a log record belongs to; empty in a host's own tasks."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--shuffle SEED` shuffles the tests: no test may depend on another one having run before it."""
    parser.addoption("--shuffle", metavar="SEED", default="", help="shuffle the tests; the order depends on SEED")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first, or shuffle the files and the tests within each. Files stay together, as xdist
    needs."""
    seed = config.getoption("--shuffle")
    items[:] = shuffled(items, seed) if seed else longest_first(items)


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of an in-memory Azurite. Tests that write to it use their own tables and queues."""
    with running_azurite() as connection_string:
        yield connection_string


@pytest.fixture(scope="session", autouse=True)
def storage_judge() -> Iterator[None]:
    """Reject every SDK request to Azurite that Azure itself would refuse, before it is sent."""
    send = AioHttpTransport.send

    async def judged(self: AioHttpTransport, request: Any, **options: Any) -> Any:
        if f"/{ACCOUNT}/" in request.url:
            body = request.data or b""
            content = body.encode() if isinstance(body, str) else bytes(body)
            azure_storage_rules.check_request(request.method, request.url, request.headers, content)
        return await send(self, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AioHttpTransport, "send", judged)
        yield


@pytest.fixture(autouse=True)
def storage_witness() -> Iterator[list[str]]:
    """Fail tests in which Azure's rules were violated unexpectedly."""
    azure_storage_rules.seen.clear()
    yield azure_storage_rules.seen
    assert azure_storage_rules.seen == []


@pytest.fixture
def own_log(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[pytest.LogCaptureFixture]:
    """The log records of this test's own calls. A host started by other tests also logs from the same event loop."""
    test = str(request.node.nodeid)

    def is_own(_: object) -> bool:
        return _running.get() == test

    token = _running.set(test)
    caplog.handler.addFilter(is_own)
    yield caplog
    caplog.handler.removeFilter(is_own)
    _running.reset(token)
