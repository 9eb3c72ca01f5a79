"""The queries in the alerts and the workbook are run against rows shaped like Application Insights' tables.

The app's metrics are log lines. The Functions host passes them on as `traces`, in OpenTelemetry mode too. DuckDB
replaces Application Insights. A query may return rows only when something is wrong.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb_kql
import pytest

from shared.metrics import Metric, measure
from tests.conformance.bicep import BICEP

ONE = "11111111-1111-4111-8111-111111111111"
TWO = "22222222-2222-4222-8222-222222222222"
TABLES = {
    "traces": """timestamp TIMESTAMP, message VARCHAR, severityLevel INTEGER, operation_Name VARCHAR,
        operation_Id VARCHAR, cloud_RoleName VARCHAR, customDimensions JSON, itemCount INTEGER""",
    "requests": """timestamp TIMESTAMP, name VARCHAR, url VARCHAR, success VARCHAR, resultCode VARCHAR,
        duration DOUBLE, operation_Name VARCHAR, operation_Id VARCHAR, cloud_RoleName VARCHAR, itemCount INTEGER""",
    "exceptions": """timestamp TIMESTAMP, type VARCHAR, outerMessage VARCHAR, operation_Name VARCHAR,
        operation_Id VARCHAR, cloud_RoleName VARCHAR, itemCount INTEGER""",
}
"""The columns that Microsoft documents for the tables of an Application Insights component (Azure Monitor, "Application
Insights tables")."""


class Insights:
    """The telemetry of one Application Insights component. Times are given in minutes before now."""

    def __init__(self, own_log: pytest.LogCaptureFixture) -> None:
        self._own_log = own_log
        self._connection = duckdb_kql.connect()
        for name, columns in TABLES.items():
            self._connection.execute(f"CREATE TABLE {name} ({columns})")

    def insert(self, table: str, ago: float, **values: Any) -> None:
        """A row."""
        values["timestamp"] = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=ago)
        marks = ", ".join("?" * len(values))
        self._connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))  # noqa: S608  # our own names

    def measured(self, ago: float, metric: Metric, value: float, integration: str = "", outcome: str = "") -> None:
        """Add the line that the app logs for a metric's value."""
        self._own_log.clear()
        with self._own_log.at_level(logging.INFO):
            measure(metric, value, integration, outcome)
        self.insert("traces", ago, message=self._own_log.messages[-1], severityLevel=1)

    def query(self, name: str, window: timedelta = timedelta(days=2)) -> list[tuple[Any, ...]]:
        """The result of a query over the last `window`, as in an alert rule."""
        text = (BICEP / "queries" / f"{name}.kql").read_text()
        source = next(table for table in TABLES if f"\n{table}\n" in f"\n{text}")
        limited = f"{source}\n| where timestamp > ago({int(window.total_seconds() // 60)}m)\n"
        relation = duckdb_kql.query(self._connection, text.replace(f"{source}\n", limited, 1))
        rows: list[tuple[Any, ...]] = relation.fetchall()
        return rows


@pytest.fixture
def insights(own_log: pytest.LogCaptureFixture) -> Insights:
    return Insights(own_log)


def timers(insights: Insights, *outcomes: str, ago: float = 5) -> None:
    for outcome in outcomes:
        insights.measured(ago, Metric.ROUND, 1, outcome=outcome)


HALF_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("recent", "fires"), [(("sweep",), False), (("sweep", "poll"), False), (("poll",), True), ((), True)]
)
def test_app_stopped_fires_after_half_an_hour_without_sweeps(
    insights: Insights, recent: tuple[str, ...], fires: bool
) -> None:
    timers(insights, "sweep", "poll", ago=40)
    timers(insights, *recent)
    assert bool(insights.query("app_stopped", HALF_HOUR)) == fires


@pytest.mark.parametrize(
    ("age", "renewals", "fires"), [(20, [1, 7, 13], False), (20, [19], True), (10, [], False), (20, [], True)]
)
def test_renewal_missed_fires_after_two_missed_renewals_unless_the_app_is_new(
    insights: Insights, age: float, renewals: list[float], fires: bool
) -> None:
    timers(insights, "sweep", ago=age * 60)
    for hours in renewals:
        timers(insights, "renew", ago=hours * 60 - 1)
    assert bool(insights.query("renewal_missed", timedelta(days=1))) == fires


def test_poison_messages_are_reported_with_their_integration(insights: Insights) -> None:
    insights.measured(5, Metric.SET_ASIDE, 1, ONE)
    assert [row[1] for row in insights.query("poison_message")] == [ONE]


def test_an_integration_that_fails_twice_is_reported_and_one_that_fails_once_is_not(insights: Insights) -> None:
    for ago in (3, 8):
        insights.insert("traces", ago, message=f"connection_failed of integration {ONE}: Unavailable")
    insights.insert("traces", 5, message=f"connection_failed of integration {TWO}: Unavailable")
    assert insights.query("integration_failing", HALF_HOUR) == [(f"connection_failed of integration {ONE}", 2)]


def test_rejected_passwords_are_reported_with_the_interface_that_rejected_them(insights: Insights) -> None:
    insights.measured(5, Metric.TURNED_AWAY, 1, outcome="policy")
    insights.measured(3, Metric.TURNED_AWAY, 40, outcome="policy")
    assert insights.query("password_guessing", timedelta(minutes=15)) == [("policy", 41)]


def test_slow_answers_are_reported_per_integration(insights: Insights) -> None:
    for _ in range(10):
        insights.measured(5, Metric.ANSWER_LAG, 700, ONE)
        insights.measured(5, Metric.ANSWER_LAG, 3, TWO)
    [(integration, answers, slow)] = insights.query("lag", HALF_HOUR)
    assert (integration, answers, slow) == (ONE, 10, 700)


def test_repairs_are_reported_only_when_there_are_unusually_many(insights: Insights) -> None:
    for _ in range(11):
        insights.measured(5, Metric.SWEEP_REPAIRS, 1, ONE)
    insights.measured(5, Metric.SWEEP_REPAIRS, 2, TWO)
    assert [row[0] for row in insights.query("sweep_repairs", timedelta(hours=1))] == [ONE]


def test_rooms_that_reach_a_node_late_are_reported_per_integration(insights: Insights) -> None:
    for seconds in (2, 61, 300):
        insights.measured(5, Metric.ROOM_DELAY, seconds, ONE)
    insights.measured(5, Metric.ROOM_DELAY, 59, TWO)
    assert insights.query("rooms_late", timedelta(minutes=15)) == [(ONE, 3, 300)]


@pytest.mark.parametrize(("codes", "fires"), [(["500", "503", "500"], True), (["500", "202", "404"], False)])
def test_errors_returned_to_graph_are_reported(insights: Insights, codes: list[str], fires: bool) -> None:
    for code in codes:
        insights.insert("requests", 5, url="https://vmr.example.com/mailbox/notifications", resultCode=code)
    insights.insert("requests", 5, url="https://vmr.example.com/addin/x/pane", resultCode="500")
    assert bool(insights.query("webhook_errors", timedelta(minutes=15))) == fires


def test_without_any_telemetry_only_the_app_stopped_alert_fires(insights: Insights) -> None:
    quiet = (
        "poison_message",
        "renewal_missed",
        "integration_failing",
        "lag",
        "rooms_late",
        "sweep_repairs",
        "webhook_errors",
        "password_guessing",
    )
    assert {name: insights.query(name) for name in quiet} == {name: [] for name in quiet}


CHARTS: dict[str, Callable[[list[tuple[Any, ...]]], bool]] = {
    "chart_lag": lambda rows: rows[0][1:] == (2, 3, 3),
    "chart_outcomes": lambda rows: dict(rows) == {"accepted": 2, "rejected": 1},
    "chart_allocations": lambda rows: rows[0][1] == 1,
    "chart_repairs": lambda rows: rows[0][1:] == (ONE, 4),
    "chart_failures": lambda rows: rows[0][:3] == ("work", "ValueError", 1),
}


@pytest.mark.parametrize("chart", CHARTS)
def test_charts_show_the_measured_values(insights: Insights, chart: str) -> None:
    for seconds in (1, 2, 3):
        insights.measured(5, Metric.ANSWER_LAG, seconds, ONE)
    for outcome in ("accepted", "accepted", "rejected"):
        insights.measured(5, Metric.OUTCOME, 1, ONE, outcome)
    insights.measured(5, Metric.ALLOCATION, 1, ONE)
    insights.measured(5, Metric.SWEEP_REPAIRS, 4, ONE)
    insights.insert("exceptions", 5, type="ValueError", operation_Name="work")
    rows = insights.query(chart)
    assert rows
    assert CHARTS[chart](rows), rows


def test_password_guessing_is_reported_by_interface(insights: Insights) -> None:
    insights.measured(5, Metric.TURNED_AWAY, 3, outcome="policy")
    assert insights.query("password_guessing", timedelta(minutes=15)) == [("policy", 3)]


def test_the_chart_of_repairs_includes_those_of_the_nightly_comparison(insights: Insights) -> None:
    insights.measured(5, Metric.COMPARE_REPAIRS, 2, ONE)
    [(_, integration, repairs)] = insights.query("chart_repairs")
    assert (integration, repairs) == (ONE, 2)
