"""Measurements (O4). Each value is a log line, because the Functions host forwards log lines in every telemetry mode.

    metric {"name":"answer_lag","value":3.2,"integration":"1111…"}

The workbook and the alerts in infra/bicep/queries read these lines. A test keeps the names on both sides consistent.
They must contain neither addresses nor subjects.
"""

import json
import logging
from enum import StrEnum

log = logging.getLogger(__name__)


class Metric(StrEnum):
    """What is measured."""

    ANSWER_LAG = "answer_lag"
    """Seconds from a message's arrival in the equipment mailbox to the sending of its answer."""

    OUTCOME = "outcome"
    """1 for every message decided on. Dimension `outcome` is the decision."""

    ALLOCATION = "allocation"
    """1 for every allocated alias."""

    SWEEP_REPAIRS = "sweep_repairs"
    """Messages found by a sweep without a prior notification."""

    COMPARE_REPAIRS = "compare_repairs"
    """Meetings that differed between a mailbox's calendar and the records in a nightly comparison. 0 is normal."""

    ROOM_DELAY = "room_delay"
    """How many seconds late a room was created on a Management Node (relative to start, buffer and lead time)."""

    ROOM_REPAIRS = "room_repairs"
    """Rooms that a nightly comparison found missing from a Management Node, or still there after their end. 0 is
    normal.
    """

    ROUND = "round"
    """1 for every processed message of a round, and for every round that concerns no integration. Dimension `outcome`
    is the round.
    """

    TURNED_AWAY = "turned_away"
    """Requests with a user name and password that were rejected without being checked, because too many were waiting.
    Dimension `outcome` is the realm: `policy` or `management`.
    """

    ODD_NOTIFICATIONS = "odd_notifications"
    """Unreadable notifications from Graph in accepted POSTs."""

    SET_ASIDE = "set_aside"
    """1 for every notice that could not be processed."""


def measure(metric: Metric, value: float, integration: str = "", outcome: str = "") -> None:
    """Record one value, for an integration (its uuid) or the whole deployment."""
    line = {"name": metric.value, "value": value, "integration": integration, "outcome": outcome}
    log.info("metric %s", json.dumps({k: v for k, v in line.items() if v != ""}, separators=(",", ":")))
