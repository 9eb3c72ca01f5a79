"""Ids of items and folders, and change keys."""

from base64 import b64encode
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.exchange.ews.errors import EwsError
from dev.exchange.ews.ids import EVENT, FOLDER, MESSAGE, ItemId, change_key, parse

OWNER = "11111111-1111-4111-8111-111111111111"
ids = st.builds(
    ItemId,
    kind=st.sampled_from([MESSAGE, EVENT, FOLDER]),
    owner=st.uuids().map(str),
    key=st.uuids().map(lambda uuid: uuid.hex),
    moves=st.integers(0, 65535),
    day=st.none() | st.dates(),
)


@given(ids)
def test_a_written_id_can_be_parsed(item: ItemId) -> None:
    assert parse(item.text()) == item


@given(st.text() | ids.map(lambda item: item.text()[:40]) | st.binary().map(lambda data: b64encode(data).decode()))
def test_any_other_text_is_a_malformed_id(text: str) -> None:
    with pytest.raises(EwsError) as raised:
        parse(text)
    assert raised.value.code == "ErrorInvalidIdMalformed"


def test_an_item_id_changes_when_the_item_moves_and_differs_for_each_occurrence() -> None:
    item = ItemId(EVENT, OWNER, "a" * 32)
    others = {item.text(), ItemId(EVENT, OWNER, "a" * 32, moves=1).text()}
    others.add(ItemId(EVENT, OWNER, "a" * 32, day=date(2030, 3, 4)).text())
    assert len(others) == 3


def test_change_keys_differ() -> None:
    assert change_key(1) != change_key(2)
