"""Retry-After is parsed in the same way for Graph, Exchange and Management Nodes."""

import ast

import httpx
import pytest

from shared.retry_after import MAX_WAIT, retry_after
from tests.support import ROOT

NOW = "Mon, 23 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7), ("2.128", 2.128), ("0", 0), ("-1", 0), ("", 0), ("soon", 0), ("nan", 0), ("inf", 0),
        ("1e300", MAX_WAIT), ("Mon, 23 Nov 2026 09:02:00 GMT", 120), ("Mon, 23 Nov 2026 08:00:00 GMT", 0),
    ],
)  # fmt: skip
def test_the_requested_wait_is_read(asked: str, seconds: float) -> None:
    assert retry_after(httpx.Headers({"retry-after": asked, "date": NOW})) == pytest.approx(seconds)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "Mon, 23 Nov 2026 09:02:00 GMT"}, {"Date": NOW}])
def test_a_missing_header_or_a_date_without_the_servers_time_means_no_wait(headers: dict[str, str]) -> None:
    assert retry_after(headers) == 0


def test_no_other_module_reads_the_header() -> None:
    """An earlier version had separate implementations, which differed in their support for dates, fractions and
    limits.
    """
    readers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "shared").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value == "Retry-After"
    }
    assert readers == {"shared/retry_after.py"}
