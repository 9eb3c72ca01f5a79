"""Times in the format of meeting drafts."""

from datetime import datetime, timedelta
from typing import Any

from dev.harness.deployment import Deployment


def tomorrow(world: Deployment, hour: int = 10) -> datetime:
    """The given hour of the next day, in UTC."""
    return (world.now + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)


def weekly(start: datetime, **range_: Any) -> dict[str, Any]:
    """A weekly recurrence. It is endless unless `range_` says otherwise."""
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [f"{start:%A}".lower()]},
        "range": {"type": "noEnd", "startDate": f"{start:%Y-%m-%d}"} | range_,
    }


def local(moment: datetime) -> str:
    """A local time without an offset."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def hour_from(start: datetime) -> dict[str, str]:
    """The start and end of a one-hour meeting."""
    return {"start": local(start), "end": local(start + timedelta(hours=1))}
