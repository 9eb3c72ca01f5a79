"""Calling the Azure CLI: whole JSON documents are returned, and a failure says what is wrong and what to do.

Standard library only, like everything that runs on an administrator's machine. No `--query`: documents are evaluated
here, so that a missing field is noticed instead of becoming the text "None". Bodies are passed in files: command lines
are visible to others, and Windows' shell rewrites quotation marks.
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
    """Ends the program: what is wrong, and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"\nFailed: {what}\nDo:     {remedy}")


class AzError(Exception):
    """An az command failed; the message is what it wrote to standard error."""


def say(*lines: str) -> None:
    """Tell the administrator something immediately."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def step(title: str) -> None:
    """The heading of what comes next."""
    say("", f"== {title}")


def fail(what: str, remedy: str) -> NoReturn:
    """End the program."""
    raise Failure(what, remedy)


def az(*words: str) -> Any:
    """Run an az command; the JSON document that it prints, or None. Raises AzError."""
    printed = _printed(*words, "--output", "json")
    # Bicep's own commands print what they like, whatever --output says.
    return json.loads(printed) if printed.strip() and words != BICEP_VERSION else None


def az_or(what: str, remedy: str, *words: str) -> Any:
    """The same; a failure ends the program with this explanation, below what az said."""
    try:
        return az(*words)
    except AzError as error:
        sys.stderr.write(f"{error}\n")
        raise Failure(what, remedy) from error


def show(*words: str) -> None:
    """Run an az command that is made for reading (what-if), and show what it prints. Raises AzError."""
    say(_printed(*words).rstrip())


def _printed(*words: str) -> str:
    done = subprocess.run([program(), *words], capture_output=True, text=True, check=False)  # noqa: S603  # az itself
    if done.returncode:
        raise AzError(done.stderr.strip())
    return done.stdout


def program() -> str:
    """Where az is; on Windows it is a file az.cmd, whose full name is required."""
    found = shutil.which("az")
    return found or fail("the Azure CLI (az) is not installed", "https://aka.ms/azure-cli, or use Cloud Shell")


@contextmanager
def body(document: Any) -> Iterator[str]:
    """A file that nobody else can read, in the form in which az expects it, for as long as the block lasts."""
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
class Patience:
    """How long to wait for Azure: a new role may take ten minutes to take effect everywhere."""

    tries: int
    pause: float

    @classmethod
    def from_environment(cls) -> "Patience":
        """DEPLOY_TRIES times DEPLOY_PAUSE seconds; ten minutes by default."""
        return cls(int(os.environ.get("DEPLOY_TRIES", "60")), float(os.environ.get("DEPLOY_PAUSE", "10")))

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.tries * self.pause

    def until(self, attempt: Callable[[], T], may_pass: Callable[[AzError], bool], waiting_for: str) -> T:
        """The attempt's result, retried while its failure `may_pass`, reporting the time. Raises AzError."""
        for passed in range(1, self.tries + 1):
            try:
                return attempt()
            except AzError as error:
                if passed == self.tries or not may_pass(error):
                    raise
                if passed % 6 == 1:
                    say(f"waiting for {waiting_for}: {passed * self.pause / 60:.0f} of {self.seconds / 60:.0f} minutes")
                time.sleep(self.pause)
        raise AssertionError("unreachable: the last try returns or raises")
