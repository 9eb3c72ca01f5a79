"""Checks whether other processes keep the machine busy, in which case timings mean little."""

import time
from pathlib import Path

from bench.result import Result

BUSY_AT_MOST = 10
"""The percentage of the machine that other processes may use."""

LOOK_FOR = 2.0
"""How many seconds the machine is observed. The measuring process itself sleeps meanwhile."""


def others() -> Result:
    """The share of the machine that is in use before anything is measured. It has no budget, because the product is not
    responsible for it.
    """
    before = _times()
    time.sleep(LOOK_FOR)
    after = _times()
    spent = [now - then for now, then in zip(after, before, strict=True)]
    idle = spent[3] + spent[4]  # idle time, and waiting for a disk
    share = 100 * (1 - idle / max(sum(spent), 1))
    note = "NOT QUIET: repeat figures in seconds or ×" if share > BUSY_AT_MOST else "quiet"
    return Result("share of the machine used by other processes", share, "%", note=note)


def _times() -> list[int]:
    """The first line of /proc/stat: user, nice, system, idle, iowait and other times."""
    return [int(text) for text in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
