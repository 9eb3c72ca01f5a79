"""Helpers for tests of every kind."""

import asyncio
import time
from collections.abc import Callable
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


async def eventually(check: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds. After a timeout, fail the test and say what it was waiting for."""
    until = time.monotonic() + WAIT_TIMEOUT
    while not check():
        if time.monotonic() > until:
            pytest.fail(f"not within {WAIT_TIMEOUT:g} s: {what}")
        await asyncio.sleep(0.01)
