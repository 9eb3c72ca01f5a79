"""Independent judges of what the simulated Exchange receives and sends."""

from collections.abc import Iterator

import pytest

from dev.exchange.ews.gateway import Gateway
from dev.exchange.graph.gateway import Gateway as GraphGateway
from dev.exchange.notifications import Notifier
from tests.support.ews_schema import SCHEMAS, SchemaJudge
from tests.support.graph_judge import GraphJudge


@pytest.fixture(autouse=True)
def ews_judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[SchemaJudge]:
    """Every request to the simulated EWS, and every answer, is valid according to Microsoft's schemas.

    Nothing is validated if the schemas are not next to the repository; `test_schema.py` is skipped then.
    """
    judge = SchemaJudge()
    if SCHEMAS.exists():
        monkeypatch.setattr(Gateway, "witness", staticmethod(judge))
    yield judge
    assert sorted(set(judge.violations)) == []


@pytest.fixture(autouse=True)
def graph_judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphJudge]:
    """Every request of our client to the simulated Graph, and every answer, matches Microsoft's description.

    Only the SDK judges if the description is not next to the repository; `graph/test_judge.py` is skipped then.
    """
    judge = GraphJudge()
    monkeypatch.setattr(GraphGateway, "witness", staticmethod(judge))
    monkeypatch.setattr(Notifier, "witness", staticmethod(judge.told))
    yield judge
    assert sorted(set(judge.violations)) == []
