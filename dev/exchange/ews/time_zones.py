"""GetServerTimeZones, which returns Windows time zones with this year's rules from zoneinfo."""

from datetime import UTC, datetime, timedelta, tzinfo

from tzlocal.windows_tz import win_tz

from dev.exchange.ews.call import Call
from dev.exchange.ews.errors import response_message
from dev.exchange.ews.xml import MESSAGES as M
from dev.exchange.ews.xml import Element, child, children, m, t
from dev.exchange.zones import zone

_DAY = timedelta(days=1)


def get_server_time_zones(call: Call) -> list[Element]:
    """Handle a GetServerTimeZones request. It returns all time zones, or those with the given ids. Unknown ids are
    ignored.
    """
    wanted = {item.text or "" for item in children(child(call.body, "Ids", M))} or set(win_tz)
    full = call.body.get("ReturnFullTimeZoneData", "true") == "true"
    year = call.exchange.clock.now().year
    shown = [_definition(name, year, full=full) for name in sorted(wanted & {*win_tz, "UTC"})]
    return [response_message("GetServerTimeZones", m("TimeZoneDefinitions", *shown))]


def _definition(name: str, year: int, *, full: bool) -> Element:
    identity = {"Id": name, "Name": name}
    return definition("TimeZoneDefinition", identity, name, year) if full else t("TimeZoneDefinition", identity)


def definition(tag: str, identity: dict[str, str], name: str, year: int) -> Element:
    """A zone's rules in one year. The zone is given by its Windows or IANA name."""
    rules = zone(name)
    changes = _changes(rules, year)
    offsets = sorted(
        {_offset(rules, moment) for moment in changes} or {_offset(rules, datetime(year, 1, 1, tzinfo=UTC))}
    )
    periods = [_period(name, offset, daylight=offset != offsets[0]) for offset in offsets]
    group = [_change(name, rules, moment, offsets[0]) for moment in changes] or [
        _to_period(_period_id(name, daylight=False))
    ]
    always = _to_period(_period_id(name, daylight=False))
    return t(
        tag,
        identity,
        t("Periods", *periods),
        t("TransitionsGroups", t("TransitionsGroup", {"Id": "0"}, *(group or [always]))),
        t("Transitions", t("Transition", t("To", {"Kind": "Group"}, "0"))),
    )


def _changes(rules: tzinfo, year: int) -> list[datetime]:
    """The times in a year when the offset changes, to the hour."""
    days = (datetime(year, 1, 1, tzinfo=UTC) + number * _DAY for number in range(366))
    return [_hour(rules, day) for day in days if _offset(rules, day) != _offset(rules, day + _DAY)]


def _hour(rules: tzinfo, day: datetime) -> datetime:
    hours = (day + timedelta(hours=number) for number in range(1, 25))
    return next(moment for moment in hours if _offset(rules, moment) != _offset(rules, day))


def _offset(rules: tzinfo, moment: datetime) -> timedelta:
    return moment.astimezone(rules).utcoffset() or timedelta()


def _period_id(name: str, *, daylight: bool) -> str:
    return f"trule:Microsoft/Registry/{name}/{'Daylight' if daylight else 'Standard'}"


def _period(name: str, offset: timedelta, *, daylight: bool) -> Element:
    kind = "Daylight" if daylight else "Standard"
    return t("Period", {"Bias": _duration(-offset), "Name": kind, "Id": _period_id(name, daylight=daylight)})


def _to_period(period: str) -> Element:
    return t("Transition", t("To", {"Kind": "Period"}, period))


def _change(name: str, rules: tzinfo, moment: datetime, standard: timedelta) -> Element:
    """The local time before a change, and which occurrence of its weekday in the month it is (-1 for the last)."""
    local = (moment + _offset(rules, moment - timedelta(hours=2))).replace(tzinfo=None)
    is_last = (local + 7 * _DAY).month != local.month
    return t(
        "RecurringDayTransition",
        t("To", {"Kind": "Period"}, _period_id(name, daylight=_offset(rules, moment) != standard)),
        t("TimeOffset", _duration(timedelta(hours=local.hour, minutes=local.minute))),
        t("Month", local.month),
        t("DayOfWeek", f"{local:%A}"),
        t("Occurrence", -1 if is_last else (local.day - 1) // 7 + 1),
    )


def _duration(value: timedelta) -> str:
    minutes = abs(int(value.total_seconds())) // 60
    sign = "-" if value < timedelta() else ""
    return f"{sign}PT{minutes // 60}H{minutes % 60}M"
