"""How long another server asks us to wait: the Retry-After header from Graph, Exchange and Management Nodes."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import isfinite

MAX_WAIT = 86_400.0
"""Maximum number of seconds to wait, even if a server asks for more: a day."""


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds from now, at most MAX_WAIT; 0 if the headers contain no value, or a meaningless one. `headers` are the
    headers of a response, and are case-insensitive. Servers have sent "2.128", HTTP dates, 0, "-1" and words
    (docs/facts/graph-delta.md). Dates are compared with the server's own clock.
    """
    asked = headers.get("Retry-After", "0")
    try:
        wait = float(asked)
    except ValueError:
        wait = _until(asked, headers.get("Date", ""))
    return min(max(0.0, wait), MAX_WAIT) if isfinite(wait) else 0.0


def _until(moment: str, now: str) -> float:
    """Seconds between two HTTP dates; 0 if either is invalid."""
    try:
        return (parsedate_to_datetime(moment) - parsedate_to_datetime(now)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
