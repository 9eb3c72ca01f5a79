"""Reading and building XML."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.exchange.ews.errors import SoapFaultError, fault
from dev.exchange.ews.xml import NotXmlError, is_true, local, moment, parse, serialize, t, text, written


@given(st.text())
def test_any_text_can_be_written_and_read_back(value: str) -> None:
    shown = parse(serialize(t("Subject", value, {"Id": value})))
    assert (shown.text or "") == written(value)
    assert " ".join(shown.get("Id").split()) == " ".join(written(value).split())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a>",
        b"<a>\xff</a>",
        b"<a>&x;</a>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://localhost/x.dtd"><a/>',
        "<a/>".encode("utf-16")[:-1],
    ],
)
def test_invalid_xml_is_not_parsed(content: bytes) -> None:
    with pytest.raises(NotXmlError):
        parse(content)


def test_comments_are_ignored() -> None:
    assert [local(item) for item in parse(b"<a><!-- x --><b/></a>")] == ["b"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (0, "0"),
        (datetime(2030, 3, 4, 9, 0, 0, 999, tzinfo=timezone(timedelta(hours=1))), "2030-03-04T08:00:00Z"),
        ("a\x00b\x0bc\ufffe", "abc"),
    ],
)
def test_values_are_written_as_ews_writes_them(value: object, shown: str) -> None:
    assert written(value) == shown


@pytest.mark.parametrize(
    ("given_text", "when"),
    [
        ("2030-03-04T09:00:00Z", datetime(2030, 3, 4, 9, tzinfo=UTC)),
        ("2030-03-04T09:00:00+01:00", datetime(2030, 3, 4, 8, tzinfo=UTC)),
        ("2030-03-04T09:00:00", datetime(2030, 3, 4, 9, tzinfo=UTC)),
        ("tomorrow", None),
        (None, None),
    ],
)
def test_times_are_read(given_text: str | None, when: datetime | None) -> None:
    assert moment(given_text) == when


def test_booleans_are_read() -> None:
    assert [is_true(value) for value in ("true", "1", "True", "false", "0", "", None)] == [True] * 3 + [False] * 4


def test_empty_elements_are_omitted() -> None:
    assert serialize(t("A", None, {"B": None}, t("C"))).count(b"B") == 0
    assert text(None, "A", "usual") == "usual"


def test_a_fault_is_written_as_clients_expect_it() -> None:
    shown = fault(SoapFaultError("ErrorServerBusy", values={"BackOffMilliseconds": "1000"}))
    content = serialize(shown)
    assert b"<faultcode>a:ErrorServerBusy</faultcode>" in content
    assert b"<e:ResponseCode" in content
    assert b'<t:Value Name="BackOffMilliseconds">1000</t:Value>' in content
