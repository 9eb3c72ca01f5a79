"""The steps of an installation. Each step prints one line, logs the tools' output, and leaves no processes running."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from dev.processes import die_with_parent

SHUTDOWN_TIMEOUT = 5.0  # how long a command may take to exit by itself, in seconds
CAUSES = {
    r"ENOSPC|No space left|os error 28": "the disk is full",
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|name resolution|dns error|NewConnectionError"
    r"|[Ff]ailed to fetch|Could not fetch|error sending request|Network is unreachable": (
        "the network or a package registry cannot be reached"
    ),
    r"ensurepip is not available": "Python's venv module is missing (Debian and Ubuntu: apt-get install python3-venv)",
}
"""Explanations for the user, keyed by patterns in the tools' output."""


class SetupError(Exception):
    """A step of the installation failed. The message is one sentence for the user."""


class Steps:
    """Runs the commands of named steps. Every command inherits the file descriptor `lock`. A lock on it is therefore
    held until the last command has ended, even if this process is killed.
    """

    def __init__(self, logs: Path, titles: Sequence[str], lock: int) -> None:
        self._logs = logs
        self._left = list(titles)
        self._lock = lock
        self._running: set[subprocess.Popen[bytes]] = set()
        self._guard = threading.Lock()
        self._ended = False

    @contextmanager
    def step(self, title: str, optional: str = "") -> Iterator[None]:
        """Print how long a step took and which steps are left. If the step fails, print `optional`; if `optional` is
        empty, raise SetupError.
        """
        began, outcome = time.monotonic(), ""
        try:
            yield
        except SetupError as error:
            if not optional or self._ended:
                raise
            outcome = f"   skipped: {error} {optional}"
        with self._guard:
            self._left.remove(title)
            left = f"left: {', '.join(self._left)}" if self._left else "nothing is left"
            print(f"  {title:<24}{time.monotonic() - began:6.1f} s   {left}{outcome}", flush=True)

    def run(self, title: str, *command: object, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        """Run one of a step's commands, and write its output to the step's log. Raises SetupError with the cause."""
        log = self._logs / f"{re.sub('[^a-z]+', '-', title.lower())}.log"
        words = [str(part) for part in command]
        with log.open("ab") as output:
            output.write(f"$ {' '.join(words)}\n".encode())
            output.flush()
            began = output.tell()
            code = self._wait_for(words, cwd, env, output.fileno())
        if code != 0:
            said = log.read_bytes()[began:].decode(errors="replace")
            raise SetupError(f"{title} failed: {_cause(said, code)}. Details are in {log}.")

    def _wait_for(self, words: list[str], cwd: Path, env: Mapping[str, str] | None, output: int) -> int:
        with self._guard:
            if self._ended:
                raise SetupError("The set-up is ending.")
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # only this process gets Ctrl-C; it then stops the command
                pass_fds=(self._lock,),
                preexec_fn=die_with_parent(os.getpid()),
            )
            self._running.add(process)
        try:
            return process.wait()
        finally:
            if process.returncode is not None:
                self._running.discard(process)

    def end(self) -> None:
        """Start no more commands, and stop running commands and their child processes."""
        self._ended = True
        with self._guard:
            running = list(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        until = time.monotonic() + SHUTDOWN_TIMEOUT
        for process in running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return  # the process has already ended


def _cause(said: str, code: int) -> str:
    for pattern, cause in CAUSES.items():
        if re.search(pattern, said):
            return cause
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"{lines[-1]} (exit {code})" if lines else f"exit {code}"
