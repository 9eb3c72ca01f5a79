"""The order in which test files are assigned to the processes that run them."""

from collections.abc import Sequence

import pytest

LONGEST = (
    "tests/browser/test_accessibility.py",
    "tests/integration/meetings/test_histories.py",
    "tests/browser/test_console.py",
    "tests/integration/meetings/test_outages.py",
    "tests/browser/test_demo_looks.py",
    "tests/unit/shared/management/test_openapi.py",
    "tests/browser/test_matrix.py",
    "tests/integration/meetings/test_series.py",
    "tests/stack/test_run.py",
    "tests/integration/dev/test_interrupted_setup.py",
    "tests/conformance/test_live_check.py",
    "tests/integration/meetings/test_comparison.py",
    "tests/integration/meetings/test_ews_crash_points.py",
    "tests/unit/shared/conferences/test_rooms_in_trouble.py",
    "tests/conformance/test_cli.py",
    "tests/conformance/test_infra_package.py",
)
"""The slowest files. Files that mostly wait alternate with files that mostly compute.

All tests in a file run in one process, so if one of these files started last, all other processes would wait for it.
"""


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests of `LONGEST` first, then the others in their original order."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    return sorted(items, key=lambda item: rank.get(file_of(item), len(rank)))


def file_of(item: pytest.Item) -> str:
    """The file that contains a test, relative to the project root."""
    return item.nodeid.partition("::")[0]
