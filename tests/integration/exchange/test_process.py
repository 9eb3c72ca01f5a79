"""The process `python -m dev.exchange`, started as in the local stack."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
from aiohttp import web

from tests.support import ROOT


@asynccontextmanager
async def started(**environment: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dev.exchange", cwd=ROOT, env={**os.environ, **environment}, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def next_line(output: asyncio.StreamReader) -> str:
    async with asyncio.timeout(20):
        return (await output.readline()).decode()


async def test_the_process_prints_its_address_and_listens_there() -> None:
    async with started(EXCHANGE_PORT="0", ADDIN_AUDIENCE="https://pane.example") as process:
        assert process.stdout
        line = await next_line(process.stdout)
        url = line.split()[-1]
        async with httpx.AsyncClient(base_url=url) as http:
            assert (await http.get("/dev/mailboxes/vmr@example.com/messages")).json() == {"messages": []}
            assert (await http.get("/v1.0/subscriptions")).status_code == 401


async def test_a_restart_restores_the_initial_state_at_the_same_address() -> None:
    async with started(EXCHANGE_PORT="0") as process:
        assert process.stdout
        lines = [await next_line(process.stdout)]
        async with httpx.AsyncClient(base_url=lines[0].split()[-1]) as http:
            now = datetime.now(UTC)
            await http.post("/dev/clock", json={"now": (now + timedelta(days=9)).isoformat()})
            mail = {"from": "alice@example.com", "to": "vmr@example.com"}
            assert (await http.post("/dev/mail", json=mail)).status_code == 200
            assert (await http.post("/dev/restart")).status_code == 200
            lines.append(await next_line(process.stdout))
            assert lines[1] == lines[0]
            assert (await http.get("/dev/mailboxes/vmr@example.com/messages")).json() == {"messages": []}
            assert datetime.fromisoformat((await http.get("/dev/clock")).json()["now"]) < now + timedelta(days=1)


async def test_a_port_in_use_is_reported_as_an_error() -> None:
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with started(EXCHANGE_PORT=str(runner.addresses[0][1])) as process:
            async with asyncio.timeout(20):
                assert await process.wait() != 0
            assert process.stderr
            assert b"address already in use" in await process.stderr.read()
    finally:
        await runner.cleanup()
