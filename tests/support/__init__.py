"""Helpers for tests of every kind."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
WAIT_TIMEOUT = 60.0  # seconds; only reached by a test that hangs


def shared_data(path: str) -> Path:
    """A file or folder of reference material that may be next to the repository. Skips the test if it is missing."""
    found = ROOT.parent / "shared" / path
    if not found.exists():
        pytest.skip(f"{path} of the shared material is not beside the repository")
    return found


async def eventually(check: Callable[[], object | Awaitable[object]], what: str, seconds: float = WAIT_TIMEOUT) -> None:
    """Wait until a condition holds. After this time, fail the test and say what it was waiting for.

    For states of another process, or of a server, of which a test cannot be notified.
    """
    until = time.monotonic() + seconds
    while not (await found if isawaitable(found := check()) else found):
        if time.monotonic() > until:
            pytest.fail(f"not within {seconds:g} s: {what}")
        await asyncio.sleep(0.02)
