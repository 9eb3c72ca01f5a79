"""Runs an installation: finds and installs missing parts. The last line of the output is always the result."""

import fcntl
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType
from typing import IO, NoReturn

from dev.install import parts, places
from dev.install.parts import Part
from dev.install.steps import SetupError, Steps

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130  # a shell's exit code for "ended by Ctrl-C"
# A signal that arrives just before a blocking call is only handled when the call returns, so no call blocks for long.
GLANCE = 0.2  # seconds


class Interrupted(BaseException):
    """The user interrupted the installation."""


def installing(purpose: str) -> None:
    """Install the missing parts for one of the purposes in parts.PURPOSES. On failure, exit with an explanation."""
    if purpose not in parts.PURPOSES:
        sys.exit(f"{purpose!r} cannot be set up. Choose one of: {', '.join(parts.PURPOSES)}.")
    if not _missing(purpose):
        return
    _raise_on_signals()
    try:
        with _alone() as lock:
            if missing := _missing(purpose):
                _install(purpose, missing, lock)
    except Interrupted:
        print(f"\nInterrupted. `make {purpose}` continues from here.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except OSError as error:
        where = error.filename or places.ROOT
        sys.exit(f"The set-up failed: {error.strerror or error} ({where}). Fix this and run make again.")
    except SetupError as error:
        sys.exit(f"{error} Fix this and run make again. It will continue from here.")


def _missing(purpose: str) -> list[Part]:
    return [part for part in parts.PURPOSES[purpose]() if not part.ready()]


def _install(purpose: str, missing: Sequence[Part], lock: int) -> None:
    for log in places.STATE.glob("*.log"):
        log.unlink()
    print(f"Setting up `make {purpose}`. The tools' output is in {places.STATE}.", flush=True)
    steps = Steps(places.STATE, [part.title for part in missing], lock)
    with ThreadPoolExecutor() as pool:
        try:
            under_way = {pool.submit(_lane, lane, steps) for lane in parts.lanes(missing)}
            while under_way:
                done, under_way = wait(under_way, GLANCE, FIRST_COMPLETED)
                for lane in done:
                    lane.result()
        except BaseException:
            steps.end()
            raise


def _lane(lane: Sequence[Part], steps: Steps) -> None:
    for part in lane:
        with steps.step(part.title, part.optional):
            part.install(steps)


@contextmanager
def _alone() -> Iterator[int]:
    """Allow only one installation at a time, even if an earlier one was killed while its commands keep running."""
    places.STATE.mkdir(exist_ok=True)
    with (places.STATE / "lock").open("a") as file:
        if not _locked(file):
            print("Waiting for another set-up in this folder to finish.", flush=True)
            while not _locked(file):
                time.sleep(GLANCE)
        yield file.fileno()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _raise_on_signals() -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted

    for number in SIGNALS:
        signal.signal(number, interrupt)
