"""Timers: every schedule (NCRONTAB: second minute hour day month weekday, UTC), and what it starts."""

import azure.functions as func

from shared.composition import services

bp = func.Blueprint()

MINUTES_STARTED = 5
"""Polls, and checks for due rooms, started by one call of their timers, a minute apart: the timers run every five
minutes. If no integration needs them, none is started, so that nothing runs every minute.
"""


@bp.timer_trigger("timer", "0 */5 * * * *")
async def sweep(timer: func.TimerRequest) -> None:
    """Every five minutes (sweep): what notifications have missed."""
    await services().scheduling.timers.sweep()


@bp.timer_trigger("timer", "0 */5 * * * *")
async def poll(timer: func.TimerRequest) -> None:
    """Every five minutes: starts the polls of the next five, if there are Exchanges without notifications (EWS)."""
    await services().scheduling.timers.poll(MINUTES_STARTED)


@bp.timer_trigger("timer", "0 */5 * * * *")
async def rooms(timer: func.TimerRequest) -> None:
    """Every five minutes: starts the checks of the next five for rooms due on Management Nodes, if there are any."""
    await services().scheduling.timers.rooms(MINUTES_STARTED)


@bp.timer_trigger("timer", "0 0 */6 * * *")
async def renew(timer: func.TimerRequest) -> None:
    """Every six hours: subscriptions live six days, and are renewed once a day; all of them if run by hand.

    A run by hand has no schedule status on the local host. Not confirmed in Azure: there all may wait for their day.
    """
    await services().scheduling.timers.renew(by_hand=not getattr(timer, "schedule_status", None))


@bp.timer_trigger("timer", "0 20 * * * *")
async def agenda(timer: func.TimerRequest) -> None:
    """Every hour: series are extended, finished rooms close."""
    await services().scheduling.timers.agenda()


@bp.timer_trigger("timer", "0 10 2 * * *")
async def compare(timer: func.TimerRequest) -> None:
    """Every night: calendars, and Management Nodes' lists of rooms, are compared with the records."""
    await services().scheduling.timers.compare()
    await services().conferences.compare_rooms()


@bp.timer_trigger("timer", "0 40 3 * * *")
async def cleanup(timer: func.TimerRequest) -> None:
    """Every night: old records and codes are deleted, and service accounts' sign-ins are renewed."""
    await services().scheduling.timers.cleanup()
    await services().identity.sign_in.codes.clean_up()
