"""Metrics are logged in the form that the queries in infra/bicep/queries expect."""

import json
import logging

import pytest

from shared.metrics import Metric, measure

UUID = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("outcome", "fields"),
    [
        ("", {"name": "answer_lag", "value": 3.25, "integration": UUID}),
        ("accepted", {"name": "answer_lag", "value": 3.25, "integration": UUID, "outcome": "accepted"}),
    ],
)
def test_a_metric_is_one_line_of_json_after_its_marker(
    caplog: pytest.LogCaptureFixture, outcome: str, fields: dict[str, object]
) -> None:
    with caplog.at_level(logging.INFO):
        measure(Metric.ANSWER_LAG, 3.25, UUID, outcome)
    [message] = caplog.messages
    assert message.startswith("metric {")
    assert json.loads(message[7:]) == fields  # like `parse_json(substring(message, 7))` in the queries
