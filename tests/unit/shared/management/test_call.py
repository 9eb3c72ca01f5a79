"""The JSON bodies that the management API accepts."""

import pytest

from shared.errors import InvalidRequest
from shared.management.call import REQUEST_BODY_MAX_BYTES, Call, json_object

JSON = {"content-type": "application/json; charset=utf-8"}


def call(body: bytes, headers: dict[str, str] | None = None) -> Call:
    return Call("POST", "/", headers=JSON if headers is None else headers, body=body)


def test_a_json_object_is_accepted() -> None:
    assert json_object(call('{"a": {"b": [1, null, "é\\ud83d\\ude00"]}}'.encode())) == {"a": {"b": [1, None, "é😀"]}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1, column 2"),
        (b'{\n"a" 1}', "line 2, column 5"),
        (b"[]", "must be a JSON object"),
        (b'"a"', "must be a JSON object"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' is duplicated"),
        (b'{"x": {"a": 1, "a": 1}}', "'a' is duplicated"),
        (b'{"a": NaN}', "NaN is not a JSON value"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON value"),
        (b'{"a": "\xff"}', "not valid UTF-8"),
        (b'{"a": "\\ud800"}', "not valid UTF-8"),
        (b'{"\\udfff": 1}', "not valid UTF-8"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON: Exceeds the limit"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b'{"a": "' + b"x" * REQUEST_BODY_MAX_BYTES + b'"}', "longer than 1,000,000 bytes"),
    ],
)
def test_any_other_body_is_refused_with_the_reason(body: bytes, message: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        json_object(call(body))
    assert message in str(refused.value)


def test_json_is_accepted_without_a_content_type() -> None:
    assert json_object(call(b'{"a": 1}', {})) == {"a": 1}
    assert json_object(call(b'{"a": 1}', {"content-type": ""})) == {"a": 1}


@pytest.mark.parametrize("kind", ["text/xml", "text/plain", "application/x-www-form-urlencoded"])
def test_any_other_content_type_is_refused(kind: str) -> None:
    with pytest.raises(InvalidRequest, match="Content-Type: application/json"):
        json_object(call(b"{}", {"content-type": kind}))
