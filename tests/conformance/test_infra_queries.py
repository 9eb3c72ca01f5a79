"""The queries in the alerts and the workbook search for what the app really writes."""

import re
from pathlib import Path
from typing import Any

import pytest

from shared.alarm_kinds import AlarmKind
from shared.errors import Unavailable
from shared.metrics import Metric
from tests.conformance.alerts import ALERTS
from tests.conformance.bicep import BICEP, INFRA
from tests.support.timers_world import TimersWorld

QUERIES = sorted((BICEP / "queries").glob("*.kql"))
ROOT = INFRA.parent


def function_names() -> set[str]:
    """The names of the app's functions: everything with a blueprint's decorators."""
    sources = [path.read_text() for path in (ROOT / "functions").glob("*.py")]
    return {name for source in sources for name in re.findall(r"^@bp\..*?^(?:async )?def (\w+)", source, re.M | re.S)}


def test_every_query_is_used_by_an_alert_or_a_chart() -> None:
    used = set()
    for module in ("alerts", "workbook"):
        source = (BICEP / "modules" / f"{module}.bicep").read_text()
        used |= set(re.findall(r"loadTextContent\('\.\./queries/(\w+\.kql)'\)", source))
    assert used == {path.name for path in QUERIES}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_everything_that_a_query_looks_for_exists(path: Path) -> None:
    query = path.read_text()
    assert set(re.findall(r'metric\.outcome == "(\w+)"', query)) <= {"sweep", "renew"} <= function_names()
    assert set(re.findall(r'metric\.name == "(\w+)"', query)) <= {m.value for m in Metric}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_every_query_works_in_every_telemetry_mode(path: Path) -> None:
    """The host's own log lines ("Executed 'Functions.…") are dropped if the worker sends telemetry itself."""
    query = path.read_text()
    assert "Functions." not in query
    table = re.search(r"^(\w+)$", query, re.M)
    assert table
    assert table[1] in ("traces", "requests", "exceptions")
    ours = ('message startswith "metric {"', 'matches regex "^[a-z_]+ of integration')
    assert table[1] != "traces" or any(line in query for line in ours)


async def test_every_round_logs_its_end(own_log: pytest.LogCaptureFixture) -> None:
    """The timer itself reports a round without integrations. Any other round is reported by the handler of its
    messages.
    """
    world = TimersWorld()
    own_log.set_level("INFO")
    for number in range(2):
        for timer in ("sweep", "renew"):
            own_log.clear()
            await getattr(world.timers, timer)()
            assert f'metric {{"name":"round","value":1,"outcome":"{timer}"}}' in own_log.messages, number
        await world.add(f"number{number}")


@pytest.mark.parametrize("fault", [Unavailable("no response"), ZeroDivisionError()])
@pytest.mark.parametrize("timer", ["sweep", "renew"])
async def test_rounds_log_alarms_in_the_words_that_the_query_looks_for(
    own_log: pytest.LogCaptureFixture, timer: str, fault: Exception
) -> None:
    world = TimersWorld()
    place = world.places[await world.add("one")]
    place.mailbox.fail("changes", fault)
    place.subscriptions.failure = fault
    await getattr(world.timers, timer)()
    pattern = re.search(r'regex "(.+)"', (BICEP / "queries" / "integration_failing.kql").read_text())
    assert pattern
    failures = [message for message in own_log.messages if re.match(pattern[1], message)]
    assert len(failures) == len(own_log.messages) > 0
    wanted = AlarmKind.CONNECTION if timer == "sweep" else AlarmKind.SUBSCRIPTION
    assert any(message.startswith(f"{wanted} of integration") for message in failures)


def test_every_metric_has_a_chart_or_an_alert() -> None:
    asked = {name for path in QUERIES for name in re.findall(r'metric\.name == "(\w+)"', path.read_text())}
    assert asked == {metric.value for metric in Metric}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["id"])
def test_every_alert_says_what_to_do(alert: dict[str, Any]) -> None:
    assert f"\n### {alert['id']}\n" in (ROOT / "docs" / "troubleshooting.md").read_text()
    assert alert["severity"] in range(4)


def test_each_alerts_window_is_at_least_as_long_as_its_evaluation_interval() -> None:
    minutes = {"PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "P1D": 1440}
    for alert in ALERTS:
        assert minutes[alert["every"]] <= minutes[alert["window"]]


def test_every_metric_is_measured_somewhere() -> None:
    sources = [p.read_text() for p in (ROOT / "shared").rglob("*.py") if p.parent.name != "operations"]
    measured = {name for source in sources for name in re.findall(r"measure\(Metric\.(\w+)", source)}
    assert measured == {metric.name for metric in Metric}
