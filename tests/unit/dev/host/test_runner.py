"""How the value of an output binding is turned into queue messages."""

import json

import pytest

from dev.host.protos import TypedData
from dev.host.runner import messages


@pytest.mark.parametrize(
    ("output", "texts"),
    [
        (TypedData(), []),
        (TypedData(string="a"), ["a"]),
        (TypedData(bytes=b"a"), ["a"]),
        (TypedData(json=json.dumps(["a", "b"])), ["a", "b"]),
        (TypedData(json=json.dumps([])), []),
        (TypedData(json=json.dumps({"id": "1", "body": "a"})), ["a"]),
        (TypedData(json=json.dumps([{"id": "1", "body": "a"}, "b"])), ["a", "b"]),
        (TypedData(json=json.dumps({"x": 1})), ['{"x": 1}']),
    ],
)
def test_an_output_bindings_value_becomes_messages(output: TypedData, texts: list[str]) -> None:
    assert messages(output) == texts
