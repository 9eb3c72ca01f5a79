"""Passwords entered at a real terminal."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from shared.cli.outcome import Exit
from tests.support import ROOT


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a pseudo-terminal: one for the person, one for the program."""
    ends = pty.openpty()
    yield ends
    for end in ends:
        os.close(end)


def typed(terminal: tuple[int, int], *lines: str) -> tuple[int, str, str]:
    """Run the program, type one line at each prompt, and return its exit code, its output and what the screen shows."""
    person, program = terminal
    command = [sys.executable, "-m", "shared.cli", "hash-password"]
    with subprocess.Popen(
        # A separate session, so that the program finds no other terminal on which to prompt.
        command, cwd=ROOT, stdin=program, stdout=subprocess.PIPE, stderr=program, start_new_session=True
    ) as process:  # fmt: skip
        screen = b""
        for number, line in enumerate(lines, start=1):
            while screen.count(b": ") < number:
                screen += os.read(person, 1024)
            os.write(person, f"{line}\n".encode())
        output, _ = process.communicate(timeout=30)
    os.set_blocking(person, False)
    with suppress(BlockingIOError):
        screen += os.read(person, 4096)
    return process.returncode, output.decode(), screen.decode()


def test_a_password_is_asked_for_twice_and_not_shown(terminal: tuple[int, int]) -> None:
    code, output, screen = typed(terminal, "correct horse", "correct horse")
    assert code == Exit.DONE, screen
    assert output.startswith("scrypt:")
    assert "horse" not in screen
