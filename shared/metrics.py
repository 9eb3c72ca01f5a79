"""What is measured (O4): one log line per value, which every telemetry mode of the Functions host passes on.

    metric {"name":"answer_lag","value":3.2,"integration":"1111…"}

The workbook and the alerts of infra/bicep/queries read these lines; a test holds the names on both sides together.
Neither addresses nor subjects belong in here.
"""

import json
import logging
from enum import StrEnum

log = logging.getLogger(__name__)


class Metric(StrEnum):
    """What can be measured."""

    ANSWER_LAG = "answer_lag"
    """Seconds from a message's arrival in the equipment mailbox until its answer went out."""

    OUTCOME = "outcome"
    """1 for every message decided on; dimension `outcome` is the decision."""

    ALLOCATION = "allocation"
    """1 for every alias that a user got."""

    SWEEP_REPAIRS = "sweep_repairs"
    """Messages that a sweep found and no notification had told of."""

    COMPARE_REPAIRS = "compare_repairs"
    """Meetings in which a mailbox's calendar differed from the records, of one nightly comparison; 0 is normal."""

    ROOM_DELAY = "room_delay"
    """Seconds by which a room was made on a Management Node after its time (start, buffer and lead time)."""

    ROOM_REPAIRS = "room_repairs"
    """Rooms that a Management Node lacked, or had though they were over, of one nightly comparison; 0 is normal."""

    ROUND = "round"
    """1 for every message of a round that was handled, or for a round that concerns nobody; dimension `outcome` is the
    round.
    """

    TURNED_AWAY = "turned_away"
    """Requests with a user name and a password that were refused unchecked, since too many waited; dimension `outcome`
    is whose: `policy` or `management`.
    """

    ODD_NOTIFICATIONS = "odd_notifications"
    """Notifications of Graph's that could not be read, in a POST that was believed."""

    SET_ASIDE = "set_aside"
    """1 for every notice that could not be handled."""


def measure(metric: Metric, value: float, integration: str = "", outcome: str = "") -> None:
    """Record one value, of an integration (its uuid) or of the whole deployment."""
    line = {"name": metric.value, "value": value, "integration": integration, "outcome": outcome}
    log.info("metric %s", json.dumps({k: v for k, v in line.items() if v != ""}, separators=(",", ":")))
