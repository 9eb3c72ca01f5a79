"""Timer triggers on a movable clock. They follow the timer extension's rules (docs/facts/azure-functions.md §F).

Schedules are six-field NCRONTAB expressions, in UTC. All missed runs are replaced by one late run, with `past_due`.
Runs of a timer never overlap, and failed runs are not retried.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from dev.host.config import HostError, resolve
from dev.host.protos import TypedData
from dev.host.runner import Runner
from dev.host.worker import Function, InvocationFailed
from dev.movable_clock import MovableClock

LATE = timedelta(seconds=1)

_log = logging.getLogger(__name__)


def next_run(schedule: str, after: datetime) -> datetime:
    """The next time at which a schedule is due, strictly after a given time. Raises CronSimError if the NCRONTAB
    expression is invalid.

    A schedule should not specify both day of month and day of week. NCRONTAB requires both to match. CronSim requires
    only one of them to match, like cron.
    """
    return next(CronSim(schedule, after.astimezone(UTC)))


class Timer:
    """A timer function and its schedule."""

    def __init__(self, function: Function, clock: MovableClock, runner: Runner, settings: Mapping[str, str]) -> None:
        self.name = function.name
        self._function = function
        self._clock = clock
        self._runner = runner
        self._schedule = resolve(function.trigger["schedule"], settings)
        self._one_at_a_time = asyncio.Lock()
        self.failures = 0
        self._last = clock.now()
        if function.trigger.get("runOnStartup"):
            raise HostError(f"{self.name}: omit runOnStartup, which in Azure runs the timer at every scale-out")
        try:
            self.due = next_run(self._schedule, self._last)
        except CronSimError as error:
            raise HostError(f"{self.name}: {self._schedule!r} is not a six-field NCRONTAB schedule: {error}") from error

    async def keep(self) -> None:
        """Run the timer whenever it is due, until cancelled. Failed runs are logged, and the next run takes place on
        schedule.
        """
        while True:
            await self._clock.wait_until(self.due)
            await self._runner.is_up.wait()
            await self.catch_up()

    async def catch_up(self) -> None:
        """Run the timer once if it is due, and wait for a run in progress. Failures are logged and counted.

        While a stopped app is simulated, the timer does not run. Afterwards, one run replaces all missed runs.
        """
        async with self._one_at_a_time:
            late = self._clock.now() - self.due
            if late < timedelta(0) or not self._runner.is_up.is_set():
                return
            try:
                await self._run(self._status(), past_due=late > LATE)
            except InvocationFailed as failure:
                _log.error("%s\n%s", failure, failure.stack_trace)
                self.failures += 1

    async def run(self) -> None:
        """Run the timer now, even if it is not due. Raises InvocationFailed."""
        async with self._one_at_a_time:
            await self._run(None, past_due=False)

    def _status(self) -> dict[str, str]:
        return {"Last": self._last.isoformat(), "LastUpdated": self._last.isoformat(), "Next": self.due.isoformat()}

    async def _run(self, status: dict[str, str] | None, *, past_due: bool) -> None:
        payload = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
        self._last = self._clock.now()
        try:
            await self._runner.run(self._function, TypedData(json=json.dumps(payload)))
        finally:
            # Unlike in Azure, this is calculated from the run's start. The clock may have been moved during the run,
            # and then the timer is already due again.
            self.due = next_run(self._schedule, self._last)
