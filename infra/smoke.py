"""Tests a deployed app with three requests, each of which proves more than the previous one.

python3 infra/smoke.py https://APP.azurewebsites.net

Standard library only. Waits up to two minutes for a new app to start.
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

PROBE = "are you/there?"
NOBODYS = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Answer:
    """A response. Status 0 means that no response arrived; the text says why."""

    status: int
    text: str


def ask(url: str, body: bytes | None = None) -> Answer:
    """Send GET, or POST with a body."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310  # main() checked it
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # as above
            return Answer(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(errors="replace"))
    except OSError as error:
        return Answer(0, str(error))


def health(base: str) -> str:
    """Check that the app runs. Returns the problem, or "" if there is none."""
    answer = ask(f"{base}/api/health")
    if answer.status == 200 and answer.text.startswith("{") and json.loads(answer.text).get("status") == "ok":
        return ""
    return (
        f"GET /api/health returned {answer.status} ({answer.text[:200]}). For the reason, see the `exceptions` table "
        "in Application Insights, or the log stream in the portal."
    )


def handshake(base: str) -> str:
    """Check that Graph could subscribe: the webhook returns the validation token, decoded."""
    answer = ask(f"{base}/mailbox/notifications?validationToken=are%20you%2Fthere%3F", b"")
    if (answer.status, answer.text) == (200, PROBE):
        return ""
    return f"The webhook's handshake returned {answer.status} ({answer.text[:200]}). Check what is in front of the app."


def storage(base: str) -> str:
    """Check that settings can be read and that the app's identity has access to the tables.

    Looks up an integration that does not exist.
    """
    answer = ask(f"{base}/addin/{NOBODYS}/manifest.xml")
    if answer.status == 404 and "not_found" in answer.text:
        return ""
    return (
        f"A request for a nonexistent manifest returned {answer.status} ({answer.text[:200]}). Either "
        "the app's settings are wrong (is a secret missing from the vault?), or its storage roles do not work yet: new "
        "roles take up to ten minutes."
    )


CHECKS: tuple[Callable[[str], str], ...] = (health, handshake, storage)


def first_fault(base: str, timeout: float, pause: float) -> str:
    """The problem found by the first check that keeps failing, or "" if all pass.

    A new app gets `timeout` seconds for each.
    """
    for check in CHECKS:
        until = time.monotonic() + timeout
        while fault := check(base):
            if time.monotonic() >= until:
                return fault
            time.sleep(pause)
    return ""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Whether a deployed app works.")
    parser.add_argument("base", help="https address of the app")
    parser.add_argument("--timeout", type=float, default=120, help="how many seconds each check may take")
    arguments = parser.parse_args()
    if not arguments.base.startswith(("https://", "http://127.0.0.1:")):
        sys.exit("An address like https://app.azurewebsites.net is needed.")
    if fault := first_fault(arguments.base.rstrip("/"), arguments.timeout, pause=min(5, arguments.timeout)):
        sys.exit(fault)
    sys.stdout.write(f"{arguments.base} works: health, webhook, settings, storage\n")


if __name__ == "__main__":
    main()
