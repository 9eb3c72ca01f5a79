"""Child processes end with their parent, however it ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from dev.processes import Child, StackError, free_port, require_free
from tests.support import ROOT, eventually

SLEEP = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]
PARENT = f"""
import subprocess, time
from dev.processes import Child
child = Child("child", {SLEEP!r}, stdout=subprocess.PIPE)
child.output.readline()
print(child._process.pid, flush=True)
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="child processes end with their parent only on Linux")
async def test_a_child_dies_when_its_parent_is_killed() -> None:
    pipe = asyncio.subprocess.PIPE
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, cwd=ROOT, stdout=pipe)
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    assert is_running(pid)
    parent.kill()
    await parent.wait()
    await eventually(lambda: not is_running(pid), "the child has ended")


@pytest.mark.parametrize(("command", "ended_by"), [(SLEEP, signal.SIGTERM), (STUBBORN, signal.SIGKILL)])
def test_a_process_is_asked_to_terminate_before_it_is_killed(
    command: list[str], ended_by: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dev.processes.SHUTDOWN_TIMEOUT", 0.2)
    child = Child("child", command, stdout=subprocess.PIPE)
    child.output.readline()
    assert child.exit_code is None
    child.stop()
    assert child.exit_code == -ended_by


def test_the_error_for_a_port_in_use_names_the_variable_that_changes_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=rf"Port {port} .*set EXCHANGE_PORT"):
            require_free(port, "EXCHANGE_PORT")
    require_free(port, "EXCHANGE_PORT")


def test_a_free_port_is_none_that_the_system_may_assign_to_a_connection_in_the_meantime() -> None:
    assigned = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(assigned.read_text().split()[0]) if assigned.exists() else 49152
    port = free_port()
    assert port < lowest
    require_free(port, "PORT")
