"""The local stack's child processes. They exit when their parent exits, even if it is killed."""

import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

SHUTDOWN_TIMEOUT = 5.0  # how long a child may take to exit by itself, in seconds
_PR_SET_PDEATHSIG = 1
_LASTING_PORTS = range(20_000, 32_000)  # below the ephemeral ports of Linux (32768), and of macOS and Windows (49152)


class StackError(Exception):
    """The local stack cannot run. The message is one sentence for the user."""


class Child:
    """A running child process. `name` is used in messages."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None, stdout: int | None = None
    ) -> None:
        self.name = name
        # The child gets its own session. Ctrl-C then only reaches the parent, which stops the children in order.
        self._process: subprocess.Popen[str] = subprocess.Popen(
            command,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT if stdout == subprocess.PIPE else None,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid()),
        )

    @property
    def exit_code(self) -> int | None:
        """The child's exit code, or None while it is running."""
        return self._process.poll()

    @property
    def output(self) -> IO[str]:
        """The child's output, if it was started with stdout=PIPE."""
        if self._process.stdout is None:
            raise ValueError(f"{self.name} was not started with a pipe")
        return self._process.stdout

    def stop(self) -> None:
        """Stop the child with SIGTERM and, if that is not enough, with SIGKILL."""
        if self.exit_code is None:
            self._process.terminate()
            try:
                self._process.wait(SHUTDOWN_TIMEOUT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


def die_with_parent(parent: int) -> Any:
    """A hook that makes the Linux kernel kill the child when its parent exits. On other systems it does nothing."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def hook() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent had already died
            os._exit(1)

    return hook


def free_port() -> int:
    """A port of 127.0.0.1 for a server that is started later.

    It is not one of the ephemeral ports, which the system may assign to any connection in the meantime.
    """
    while True:
        port = secrets.choice(_LASTING_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def require_free(port: int, variable: str) -> None:
    """Raise StackError if something is listening on the port given by an environment variable."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StackError(
                f"Port {port} cannot be used ({error.strerror}). Stop the program that "
                f"is using it, or set {variable} to a different port."
            ) from error
