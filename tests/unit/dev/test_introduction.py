"""The text that `make run` prints once the stack is up."""

import pytest

from dev.__main__ import introduce
from dev.environment import Addresses


def test_the_summary_begins_with_the_demos_address(capsys: pytest.CaptureFixture[str]) -> None:
    introduce(Addresses(port=7071, exchange_port=7072), None)
    up, first, *others = capsys.readouterr().out.strip().splitlines()
    assert up.startswith("The local stack is running")
    assert first.split()[:2] == ["Demo", "http://127.0.0.1:7071/demo"]
    assert any("Management API" in line for line in others)
