"""Cold starts: processor time of importing the app in fresh processes, compared with the libraries that it uses.

Processor time is used rather than wall time, so that other processes on the machine do not add to it. The first round,
which writes the .pyc files, is not counted.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.result import Result

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""The deployed package contains .pyc files, so a measured process may write them too, even if the shell's environment
forbids it."""
BARE = "import azure.functions, pydantic, azure.data.tables.aio, jinja2, jwt"
WITH_TRANSPORT = f"{BARE}, aiohttp"
"""The libraries plus aiohttp, which azure.data.tables.aio imports when its first client is created."""
APP = "import function_app"
PARTS = """
from shared.composition import Services
from shared.clock import SystemClock
from shared.settings import Settings, StorageAccount
account = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:1/a"
settings = Settings(StorageAccount(account), "http://127.0.0.1:1", b"k" * 32, secrets_file="unused")
parts = Services(settings, None, None, SystemClock())
"""
REQUESTS = {
    "policy": "parts.conferences.policy, parts.conferences.nodes",
    "webhook": "parts.scheduling.webhook",
    "a click": "parts.addin.meeting_details",
}
UNWANTED = ("msgraph", "msgraph_core", "azure.identity", "lxml", "PIL", "exchangelib", "httpx", "aiohttp")
UNIT = "× bare stack with aiohttp"
_TIMED = """
import time
start = time.process_time()
{code}
taken = time.process_time() - start
import json, sys
print(json.dumps({{"seconds": taken, "modules": sorted(sys.modules)}}))
"""


def measure() -> list[Result]:
    """Measure the import itself, and what the first request of each kind adds to it."""
    firsts = {name: f"{APP}\n{PARTS}\n{parts}" for name, parts in REQUESTS.items()}
    seconds = _processor_seconds({"bare": BARE, "app": APP, "with transport": WITH_TRANSPORT} | firsts)
    loaded = set(_run(APP)["modules"])
    found = [name for name in UNWANTED if name in loaded]
    times = f"{seconds['app'] * 1000:.0f} against {seconds['bare'] * 1000:.0f} ms of processor time"
    return [
        Result("cold import of function_app", seconds["app"] / seconds["bare"], "× bare stack", 1.35, note=times),
        Result("slow libraries loaded by the import", len(found), "", 0, note=" ".join(found)),
        *(
            Result(f"cold start until {name} can be served", seconds[name] / seconds["with transport"], UNIT)
            for name in REQUESTS
        ),
    ]


def _processor_seconds(codes: Mapping[str, str]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in codes}
    for turn in range(1 + ROUNDS):
        for name, code in codes.items():
            seconds = _run(code)["seconds"]
            if turn:
                taken[name].append(seconds)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _run(code: str) -> dict[str, Any]:
    command = [sys.executable, "-c", _TIMED.format(code=code)]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | COMPILED, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer
