"""Whether the machine has anything else to do: figures of time are worth little while it has."""

import time
from pathlib import Path

from bench.result import Result

BUSY_AT_MOST = 10
"""Per cent of the machine that others may use."""

LOOK_FOR = 2.0
"""Seconds of observation, in which the bench itself sleeps."""


def others() -> Result:
    """How much of the machine is used before anything is measured. Without a budget: it is nobody's fault here."""
    before = _times()
    time.sleep(LOOK_FOR)
    after = _times()
    spent = [now - then for now, then in zip(after, before, strict=True)]
    idle = spent[3] + spent[4]  # idle, and waiting for a disk
    share = 100 * (1 - idle / max(sum(spent), 1))
    note = "NOT QUIET: repeat what is in seconds or ×" if share > BUSY_AT_MOST else "quiet"
    return Result("the machine, used by others", share, "%", note=note)


def _times() -> list[int]:
    """The first line of /proc/stat: user, nice, system, idle, iowait and others."""
    return [int(text) for text in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
