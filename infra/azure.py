"""Calls the Azure CLI. Returns whole JSON documents; on failure, explains what is wrong and what to do.

It uses only the standard library, like everything that runs on an administrator's machine. `--query` is not used:
documents are evaluated here, so that a missing field is noticed instead of becoming the string "None". Bodies are
passed in files, because other users can see command lines and the Windows shell rewrites quotation marks.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

ROOT = Path(__file__).resolve().parent.parent
ARM = "https://management.azure.com"
BICEP_VERSION = ("bicep", "version")

T = TypeVar("T")


class Failure(SystemExit):
    """Ends the program with a message that says what is wrong and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"\nFailed: {what}\nDo:     {remedy}")


class AzError(Exception):
    """An az command failed; the message is what it wrote to standard error."""


def say(*lines: str) -> None:
    """Print lines for the administrator immediately."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def step(title: str) -> None:
    """Print the heading of the next step."""
    say("", f"== {title}")


def fail(what: str, remedy: str) -> NoReturn:
    """End the program."""
    raise Failure(what, remedy)


def az(*words: str) -> Any:
    """Run an az command; returns the JSON document that it prints, or None. Raises AzError."""
    printed = _printed(*words, "--output", "json")
    # Bicep's own commands ignore --output.
    return json.loads(printed) if printed.strip() and words != BICEP_VERSION else None


def az_or(what: str, remedy: str, *words: str) -> Any:
    """Like `az`, but a failure ends the program with this explanation, below the output of az."""
    try:
        return az(*words)
    except AzError as error:
        sys.stderr.write(f"{error}\n")
        raise Failure(what, remedy) from error


def show(*words: str) -> None:
    """Run an az command whose output is meant for people (what-if), and show the output. Raises AzError."""
    say(_printed(*words).rstrip())


def _printed(*words: str) -> str:
    done = subprocess.run([program(), *words], capture_output=True, text=True, check=False)  # noqa: S603  # az itself
    if done.returncode:
        raise AzError(done.stderr.strip())
    return done.stdout


def program() -> str:
    """The path to az. On Windows it is az.cmd, which has to be called by its full name."""
    found = shutil.which("az")
    return found or fail("the Azure CLI (az) is not installed", "https://aka.ms/azure-cli, or use Cloud Shell")


@contextmanager
def body(document: Any) -> Iterator[str]:
    """A temporary file that no other user can read, in az's notation `@path`. It exists until the block ends."""
    handle, name = tempfile.mkstemp(suffix=".json")  # 0600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(document, file)
        yield f"@{name}"
    finally:
        Path(name).unlink()


def rest(method: str, url: str, document: Any = None, *headers: str) -> Any:
    """`az rest`, with a body if there is one. Raises AzError."""
    if document is None:
        return az("rest", "--method", method, "--url", url)
    with body(document) as file:
        kinds = ("Content-Type=application/json", *headers)
        return az("rest", "--method", method, "--url", url, "--headers", *kinds, "--body", file)


@dataclass(frozen=True)
class RetryPolicy:
    """How long to keep retrying. A new role may need ten minutes to take effect everywhere in Azure."""

    tries: int
    pause: float

    @classmethod
    def from_environment(cls) -> "RetryPolicy":
        """The policy from the environment: DEPLOY_TRIES times DEPLOY_PAUSE seconds, by default ten minutes."""
        return cls(int(os.environ.get("DEPLOY_TRIES", "60")), float(os.environ.get("DEPLOY_PAUSE", "10")))

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.tries * self.pause

    def until(self, attempt: Callable[[], T], may_pass: Callable[[AzError], bool], waiting_for: str) -> T:
        """Repeat an attempt while its failure `may_pass`; return its result. Shows the elapsed time. Raises AzError."""
        for passed in range(1, self.tries + 1):
            try:
                return attempt()
            except AzError as error:
                if passed == self.tries or not may_pass(error):
                    raise
                if passed % 6 == 1:
                    say(f"waiting for {waiting_for}: {passed * self.pause / 60:.0f} of {self.seconds / 60:.0f} minutes")
                time.sleep(self.pause)
        raise AssertionError("unreachable: the last attempt returns or raises")
