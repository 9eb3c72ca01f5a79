"""The suggested texts are the same in the documentation and the demo, and the product accepts them."""

import re

import pytest
from ruamel.yaml import YAML

from dev.demo.texts import AFTER, BEFORE, TEXTS
from dev.environment import DEMO
from dev.harness.secrets import MemorySecrets
from dev.harness.storage import MemoryStorage
from dev.seed import Places, addresses_of, settings_of
from shared.clock import SystemClock
from shared.integrations import Integration, IntegrationStore
from shared.templates import html_to_text, render
from tests.support import ROOT

VALUES = {
    "start_time": "10:00 on 01/12/2026", "end_time": "11:00 on 01/12/2026", "alias": "88123456@example.com",
    "numeric_alias": "88123456",
}  # fmt: skip
ACCEPTED = sorted(name for name in TEXTS if name.startswith("accept_"))


def test_the_documentation_contains_the_suggested_texts_verbatim() -> None:
    [block] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "texts.md").read_text(), re.DOTALL)
    [documented] = YAML(typ="safe").load(block)
    assert documented.pop("name")
    assert documented == {**TEXTS, "meeting_buffer_before": BEFORE, "meeting_buffer_after": AFTER}


async def test_the_product_accepts_the_suggested_texts() -> None:
    store = IntegrationStore(MemoryStorage(), MemorySecrets(), SystemClock(), local=True)
    places = Places("http://127.0.0.1:7072", "http://127.0.0.1:7071")
    made = await store.create({**settings_of(DEMO), **addresses_of(DEMO, places), **TEXTS})
    assert made.meeting_instructions_template == TEXTS["meeting_instructions_template"]


def test_every_answer_has_a_suggested_text() -> None:
    answers = {name for name in Integration.model_fields if name.startswith(("accept_", "reject_"))}
    assert answers == {name for name in TEXTS if name.startswith(("accept_", "reject_"))}


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_acceptance_contains_the_time_the_window_and_the_link(name: str) -> None:
    text = html_to_text(render(name, TEXTS[name], VALUES))
    for told in ("10:00 on 01/12/2026", "30 minutes before", "60 minutes after", "https://", "88123456 #"):
        assert told in text


def test_suggested_texts_differ_from_the_defaults() -> None:
    for name, text in TEXTS.items():
        assert Integration.model_fields[name].default != text
    default = str(Integration.model_fields["accept_new_single_meeting_template"].default)
    assert "This meeting has been successfully scheduled using the aliases: {{alias}} and {{numeric_alias}}." in default
