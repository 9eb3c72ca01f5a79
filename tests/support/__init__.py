"""Helpers for tests of every kind."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
WAIT_TIMEOUT = 60.0  # seconds; this only ends a test that hangs


def shared_data(path: str) -> Path:
    """A file or folder of reference material that may be next to the repository; skips the test if it is missing."""
    found = ROOT.parent / "shared" / path
    if not found.exists():
        pytest.skip(f"{path} of the shared material is not beside the repository")
    return found


async def eventually(check: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds; after a timeout, the test fails and shows what it waited for."""
    until = time.monotonic() + WAIT_TIMEOUT
    while not check():
        if time.monotonic() > until:
            pytest.fail(f"not within {WAIT_TIMEOUT:g} s: {what}")
        await asyncio.sleep(0.01)
