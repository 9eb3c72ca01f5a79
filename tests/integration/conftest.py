"""Independent checks of everything that the simulated Exchange receives and sends."""

from collections.abc import Iterator

import pytest

from dev.exchange.ews.gateway import Gateway
from dev.exchange.graph.gateway import Gateway as GraphGateway
from dev.exchange.notifications import Notifier
from tests.support.ews_schema import SCHEMAS, SchemaJudge
from tests.support.graph_judge import GraphJudge


@pytest.fixture(autouse=True)
def ews_judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[SchemaJudge]:
    """Check that all requests to the simulated EWS, and all responses, are valid according to Microsoft's schemas.

    If the schemas are not next to the repository, nothing is checked and `test_schema.py` is skipped.
    """
    judge = SchemaJudge()
    if SCHEMAS.exists():
        monkeypatch.setattr(Gateway, "witness", staticmethod(judge))
    yield judge
    assert sorted(set(judge.violations)) == []


@pytest.fixture(autouse=True)
def graph_judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphJudge]:
    """Check that our client's requests to the simulated Graph, and all responses, match Microsoft's description.

    If the description is not next to the repository, only the SDK is used, and `graph/test_judge.py` is skipped.
    """
    judge = GraphJudge()
    monkeypatch.setattr(GraphGateway, "witness", staticmethod(judge))
    monkeypatch.setattr(Notifier, "witness", staticmethod(judge.told))
    yield judge
    assert sorted(set(judge.violations)) == []
