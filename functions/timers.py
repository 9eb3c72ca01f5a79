"""Timers: all schedules (NCRONTAB: second minute hour day month weekday, UTC), and what each starts."""

import azure.functions as func

from shared.composition import services

bp = func.Blueprint()

MINUTES_STARTED = 5
"""How many polls, or checks for due rooms, one timer run starts, a minute apart. A timer that ran every minute would
never let the app go idle. The timers therefore run every five minutes, and start nothing if no integration needs it.
"""


@bp.timer_trigger("timer", "0 */5 * * * *")
async def sweep(timer: func.TimerRequest) -> None:
    """Every five minutes (the sweep): finds messages that no notification has announced."""
    await services().scheduling.timers.sweep()


@bp.timer_trigger("timer", "0 */5 * * * *")
async def poll(timer: func.TimerRequest) -> None:
    """Every five minutes: starts the polls of the next five minutes, if any mailbox has no notifications (EWS)."""
    await services().scheduling.timers.poll(MINUTES_STARTED)


@bp.timer_trigger("timer", "0 */5 * * * *")
async def rooms(timer: func.TimerRequest) -> None:
    """Every five minutes: starts the next five minutes' checks for rooms due on Management Nodes, if there are any."""
    await services().scheduling.timers.rooms(MINUTES_STARTED)


@bp.timer_trigger("timer", "0 0 */6 * * *")
async def renew(timer: func.TimerRequest) -> None:
    """Every six hours: subscriptions last six days and are renewed about once a day.

    A manual run renews all of them. It is recognized by its lack of a schedule status, which is how the local host
    behaves. This has not been confirmed in Azure, where a manual run may renew only those that are due.
    """
    await services().scheduling.timers.renew(by_hand=not getattr(timer, "schedule_status", None))


@bp.timer_trigger("timer", "0 20 * * * *")
async def agenda(timer: func.TimerRequest) -> None:
    """Every hour: series are extended, and rooms of past meetings are closed."""
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
