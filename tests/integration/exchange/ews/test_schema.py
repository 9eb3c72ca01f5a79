"""The validation of all EWS calls in integration tests against Microsoft's schemas (tests/integration/conftest.py)."""

import pytest
from lxml import etree  # type: ignore[import-untyped]

from dev.exchange.ews.xml import m, s, t
from tests.integration.exchange.ews.client import VMR_EWS, Client
from tests.support import shared_data
from tests.support.ews_schema import SchemaJudge, schema
from tests.support.exchange_world import ExchangeWorld


@pytest.fixture(autouse=True)
def _schemas() -> None:
    shared_data("data/ews-xsd")


def envelope(*body: object) -> object:
    return s("Envelope", s("Header"), s("Body", *body))


async def test_requests_and_responses_in_a_test_are_validated(
    world: ExchangeWorld, client: Client, ews_judge: SchemaJudge
) -> None:
    await world.meet(attendees=[VMR_EWS])
    await client.inbox()
    assert ews_judge.requests == ews_judge.answers > 0


@pytest.mark.parametrize("agent", ["vmr-scheduling", "exchangelib/5.6.0 (python-requests/2.32)"])
def test_invalid_requests_and_responses_are_reported(agent: str) -> None:
    judge = SchemaJudge()
    judge(agent, envelope(m("GetItem")), envelope(m("GetFolderResponse", m("Surprise"))))
    assert (judge.requests, judge.answers) == (1, 1)
    assert {told.split(":")[0] for told in judge.violations} == {"request GetItem", "answer GetFolderResponse"}


def test_hand_written_requests_may_be_invalid() -> None:
    judge = SchemaJudge()
    judge("python-httpx/0.28", envelope(m("GetItem")), envelope(m("GetRoomsResponse")))
    assert judge.requests == 0
    assert not any(told.startswith("request") for told in judge.violations)


def test_the_order_of_elements_matters() -> None:
    wrong = t("CalendarItem", t("End", "2030-03-04T09:00:00Z"), t("Start", "2030-03-04T08:00:00Z"))
    assert not schema().validate(etree.ElementTree(wrong))
