"""Independent judges of what the simulated counterparts see and say."""

from collections.abc import Iterator

import pytest

from dev.exchange.ews.gateway import Gateway
from tests.ews_schema import SCHEMAS, SchemaJudge


@pytest.fixture(autouse=True)
def ews_judge(monkeypatch: pytest.MonkeyPatch) -> Iterator[SchemaJudge]:
    """Every request to the simulated EWS, and every answer of its, is valid by Microsoft's schemas.

    Where the schemas do not lie beside the repository nothing is judged; `test_schema.py` says so.
    """
    judge = SchemaJudge()
    if SCHEMAS.exists():
        monkeypatch.setattr(Gateway, "witness", staticmethod(judge))
    yield judge
    assert sorted(set(judge.violations)) == []
