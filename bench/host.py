"""The product in the local functions host, in a separate process on Azurite, next to a simulated Exchange."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.cold_import import ROOT
from bench.world import azurite_storage
from dev.environment import Addresses, app_settings, child_environment
from dev.exchange.app import running_exchange
from dev.exchange.state import Settings as ExchangeSettings
from dev.processes import free_port
from shared.azure_storage import AzureStorage

HOST_START_TIMEOUT = 60.0  # seconds allowed for a host to start


@dataclass(frozen=True)
class Backdrop:
    """The environment in which hosts run. `settings` are their app settings."""

    storage: AzureStorage
    exchange_url: str
    settings: dict[str, str]
    port: int


@dataclass(frozen=True)
class Host:
    """A running host."""

    http: httpx.AsyncClient
    pid: int

    async def settle(self) -> None:
        """Wait until the queues are empty and no function is running, such as a timer that was run manually."""
        (await self.http.post("/dev/run/cleanup")).raise_for_status()

    def resident(self) -> float:
        """The process's resident memory in MiB."""
        return memory_of(self.pid, "VmRSS")


def memory_of(process: int | str, field: str) -> float:
    """A process's memory in MiB, from a field of /proc/PID/status: `VmRSS` is the resident memory, `VmHWM` its peak.

    The peak that `getrusage` returns is no alternative: Linux copies the parent's to a process that it starts.
    """
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


@asynccontextmanager
async def backdrop() -> AsyncIterator[Backdrop]:
    """Run Azurite and the simulated Exchange."""
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        async with azurite_storage() as (storage, connection), running_exchange(ExchangeSettings(public)) as exchange:
            addresses = Addresses(port, int(exchange.base_url.rpartition(":")[2]))
            yield Backdrop(storage, exchange.base_url, app_settings(addresses, connection, Path(folder)), port)


@asynccontextmanager
async def running_host(against: Backdrop) -> AsyncIterator[Host]:
    """A fresh host process that is listening, but has only responded to health checks."""
    environment = child_environment(**against.settings, PORT=str(against.port))
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dev.functions", cwd=ROOT, env=environment, stdout=quiet, stderr=quiet
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{against.port}", timeout=HOST_START_TIMEOUT) as http:
            await _until_up(http, process)
            yield Host(http, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_up(http: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    until = time.monotonic() + HOST_START_TIMEOUT
    while time.monotonic() < until and process.returncode is None:
        try:
            (await http.get("/api/health")).raise_for_status()
        except httpx.TransportError:
            await asyncio.sleep(0.02)
        else:
            return
    raise RuntimeError("the functions host does not start; run `python -m dev` to see why")
