"""C2: nodes never get a response that they would refuse, whatever the room's name and settings."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.harness.storage import MemoryStorage
from shared.conferences.answer import FIELDS, PROTECTING, service_answer
from shared.conferences.policy import Policy
from shared.storage import Put
from tests.fakes.clock import FakeClock
from tests.support.conferences import START, booking, scheduled
from tests.support.conferencing_node import CHOICES, refusals

NEEDED = {"service_type": "conference", "name": "Budget", "service_tag": "tag"}
URI = "/api/admin/configuration/v1/ivr_theme/3/"

texts = st.text(max_size=300) | st.text(st.characters(), max_size=20) | st.just(URI) | st.just("")
choices = st.sampled_from([choice for options in CHOICES.values() for choice in options])
pins = st.sampled_from(["", "1234", "12345", "1234#", "123#", "5678", "12", "abcd", "1" * 21, "５６７８", "1234##"])
values = texts | choices | st.booleans() | st.integers(-1, 9_000_000) | st.none() | pins
answers = st.dictionaries(st.sampled_from(sorted(FIELDS)) | st.text(max_size=5), values)


@given(answers, texts, st.tuples(pins, pins, st.booleans()))
def test_a_node_accepts_every_answer(fields: dict[str, Any], name: str, protected: tuple[str, str, bool]) -> None:
    pin, guest_pin, allow_guests = protected
    given_fields = {**NEEDED, "pin": pin, "guest_pin": guest_pin, "allow_guests": allow_guests, **fields, "name": name}
    answer = service_answer(given_fields)
    if answer is not None:
        assert refusals(answer) == []
        json.dumps(answer, ensure_ascii=False).encode()  # nor may the response contain lone surrogates


@given(answers)
def test_an_answer_never_leaves_out_what_keeps_people_out(fields: dict[str, Any]) -> None:
    answer = service_answer({**NEEDED, **fields})
    asked = {name for name, value in fields.items() if name in PROTECTING and value != ""}
    assert answer is None or asked <= answer.keys()


@given(texts, texts, texts, texts)
async def test_nodes_accept_the_answer_whatever_is_stored(name: str, description: str, theme: str, group: str) -> None:
    """Rows written by older versions may contain unchecked values, such as URIs."""
    storage, room = MemoryStorage(), scheduled(name=name, description=description, theme=theme)
    assert room.conference
    told = _with_group(str(room.claim()["conference"]), group)
    await storage.table("aliases").commit(booking().numeric_alias, Put("alias", {**room.claim(), "conference": told}))
    action, result = await Policy(storage, FakeClock(START)).service_configuration("meet123456") or ("", {})
    assert action == ("reject" if result == {} else "continue")
    assert result == {} or refusals(result) == []
    if not group:
        assert action == "continue", "the theme does not restrict access"


@pytest.mark.parametrize(
    ("field", "value", "is_open"),
    [("ivr_theme_name", URI, True), ("host_identity_provider_group", URI, False), ("pin", "12", False)],
)
def test_a_uri_is_never_sent_to_a_node(field: str, value: str, *, is_open: bool) -> None:
    answer = service_answer({**NEEDED, field: value})
    assert (answer is not None) is is_open
    assert answer is None or field not in answer


def _with_group(conference: str, group: str) -> str:
    return json.dumps(json.loads(conference) | {"identity_provider_group": group})
