"""`python -m dev` as a program: how it starts, fails and ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dev.environment import MANAGEMENT, ON_PREMISES, ONLINE, Addresses, Seed
from tests.stack.client import LocalStack, wait_for
from tests.support import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

StackFactory = Callable[..., LocalStack]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StackFactory]:
    started: list[LocalStack] = []

    def start(at: Addresses | None = None, seed: Seed = ONLINE, **env: str) -> LocalStack:
        started.append(LocalStack(tmp_path, at, seed, **env))
        return started[-1]

    yield start
    for stack in started:
        stack.stop(signal.SIGKILL)


def children(pid: int) -> set[int]:
    """The child processes of a process."""
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_stack_ends_with_all_its_children(start: StackFactory, by: signal.Signals) -> None:
    stack = start()
    stack.wait_until_up()
    pids = children(stack.process.pid)
    assert len(pids) == 3
    assert stack.stop(by) == 0
    assert stack.said.endswith("The local stack has stopped.\n")
    assert not alive(pids)


def test_ctrl_c_prints_no_traceback_while_the_stack_is_still_loading(start: StackFactory, tmp_path: Path) -> None:
    (tmp_path / "httpx.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    stack = start(PYTHONPATH=str(tmp_path))
    assert stack.process.wait(20) == -signal.SIGINT
    assert stack.said == ""


def test_the_children_end_when_the_stack_is_killed(start: StackFactory) -> None:
    stack = start()
    stack.wait_until_up()
    pids = children(stack.process.pid)
    stack.stop(signal.SIGKILL)
    wait_for(lambda: not alive(pids) or None, "the children are gone")


def test_a_child_that_dies_ends_the_stack_with_an_explanation(start: StackFactory) -> None:
    stack = start()
    stack.wait_until_up()
    os.kill(max(children(stack.process.pid)), signal.SIGKILL)
    assert stack.process.wait(20) == 1
    assert stack.said.splitlines()[-1].startswith("make run: The ")
    assert "exited with code -9" in stack.said


@pytest.mark.parametrize("variable", ["PORT", "EXCHANGE_PORT"])
def test_a_port_in_use_is_named_and_nothing_is_started(start: StackFactory, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        stack = start(**{variable: port})
        assert stack.process.wait(20) == 1
    assert stack.said.count("\n") == 1
    assert f"Port {port}" in stack.said
    assert variable in stack.said


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_an_invalid_port_is_reported(start: StackFactory, port: str) -> None:
    stack = start(PORT=port)
    assert stack.process.wait(20) == 1
    assert stack.said == f"make run: PORT must be a port from 1 to 65535, not '{port}'.\n"


def test_data_is_kept_in_the_given_folder(start: StackFactory, tmp_path: Path) -> None:
    first = start(DATA_DIR=str(tmp_path / "data"))
    first.wait_until_up()
    room = first.allocate()
    first.wait_for_answer(first.invite(first.now(), room["instructions"]))
    first.wait_for_policy(room["alias"], "open")
    assert "A week of meetings" in first.said
    first.stop()
    second = start(first.at, DATA_DIR=str(tmp_path / "data"))
    second.wait_until_up()
    assert second.policy(room["alias"]) == "open"
    assert "A week of meetings" not in second.said


def test_only_the_user_who_started_the_stack_may_read_its_keys(start: StackFactory, tmp_path: Path) -> None:
    data = tmp_path / "data"
    stack = start(DATA_DIR=str(data))
    stack.wait_until_up()
    stack.stop()
    assert (data / "tag-signing-key").stat().st_mode & 0o077 == 0


def test_make_run_and_make_test_install_what_is_missing() -> None:
    """`make run` and `make test` install what is missing, and use the venv."""
    for target in ("run", "test"):
        dry = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True)
        assert "-m dev.setup" in dry.stdout
        assert ".venv/bin/" in dry.stdout


def test_a_second_exchange_is_reached_by_ews_on_request(start: StackFactory) -> None:
    stack = start(seed=ON_PREMISES, EWS="1")
    stack.wait_until_up()
    assert stack.said.count("people may join: ") == 2
    meetings = f"{stack.at.functions}/api/admin/status/v1/meeting/"
    week = stack.call("GET", meetings, params={"text": "Morning round"}, auth=MANAGEMENT)["objects"]
    assert len({each["exchange_connector"] for each in week}) == 2, "the week has meetings via Graph and via EWS"
    assert f"{stack.at.functions}/console as admin / local-admin" in stack.said
    room, begins = stack.allocate(), stack.now() + timedelta(hours=3)
    uid = stack.invite(begins, room["instructions"])
    stack.move_clock(stack.now() + timedelta(minutes=1))  # until the poll is due
    assert stack.wait_for_answer(uid)["kind"] == "accepted"
    stack.move_clock(begins)
    stack.wait_for_policy(room["alias"], "open")
    stack.cancel(uid)
    stack.move_clock(stack.now() + timedelta(minutes=1))
    stack.wait_for_policy(room["alias"], "closed")
