"""The keys of the tables `meetings` and `aliases` are each spelt in one place, and each kind of row has one owner."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shared.bookings import alias_rows, rows
from shared.bookings.rows import RowKind
from shared.storage import ALIASES, CHANGES, MEETINGS, STATISTICS
from tests.support import ROOT

VOCABULARY = "shared/bookings/rows.py"
NAMED_IN = "shared/storage.py"

# The modules that may use the keys of a kind of row: the one that uses its columns, and those that list or remove whole
# rows.
OWNERS = {
    "BOOKING": {"bookings/booking.py", "bookings/removal_steps.py", "bookings/stored.py"}
    | {"meetings/retirement.py", "operations/erasure.py", "record_lists/building.py", "record_lists/entries.py"},
    "LINK": {"bookings/booking.py"},
    "REMOVED": {"bookings/removal_steps.py", "conferences/booking_removal.py", "meetings/retirement.py"},
    "OPERATION": {"bookings/operation.py", "bookings/stored.py", "operations/erasure.py", "cli/data.py"}
    | {"meetings/retirement.py", "record_lists/building.py", "record_lists/entries.py"},
    "DECIDED": {"bookings/operation.py"},
    "PENDING": {"bookings/operation.py", "meetings/lease.py"},
    "WAITING": {"meetings/waiting.py"},
    "WANTED": {"meetings/lanes.py", "intake/watch_state.py"},
    "DUE": {"bookings/due_tasks.py", "meetings/due_runner.py"},
    "SYMPTOM": {"meetings/symptoms.py", "meetings/records.py"},
    "WATCH": {"intake/watch_state.py"},
    "ALARM": {"alarms.py"},
    "QUOTA": {"aliases/quota.py"},
    "ROOM": {"conferences/room_records.py"},
    "CLASH": {"conferences/room_ahead.py"},
    "MOVE": {"conferences/room_moves.py"},
}
PARTITIONS = {
    "SIGN_IN_PARTITION": {"identity/sign_in/codes.py"},
    "RETIRED_PARTITION": {"meetings/retirement.py"},
    "NUMBERS_PARTITION": {"bookings/numbering.py"},
    "ROOM_TIMES_PARTITION": {"conferences/room_due_times.py"},
    "NODES_PARTITION": {"management_node/allowance.py", "management_node/outage.py"},
    "ALARMS_PARTITION": {"alarms.py"},
    "TURNS_PARTITION": {"meetings/turns.py"},
    "LISTS_PARTITION": {"record_lists/building.py", "record_lists/counted.py", "record_lists/journal.py"}
    | {"operations/backup.py"},
}

ALIAS_ROWS = "shared/bookings/alias_rows.py"
ALIAS_USERS = {
    "ALIAS_KEY": {"aliases/allocation.py", "conferences/platform.py", "conferences/policy.py", "personal/claims.py"}
    | {"management/meeting_records.py"},
    "NAME_KEY": {
        "conferences/names.py",
        "conferences/policy.py",
        "personal/claims.py",
        "management/meeting_records.py",
    },
}

# Strings that only look like keys, each with its real meaning.
OTHER_TEXTS = {
    ("shared/meetings/decider.py", "meeting:"): "the user to whom a meeting's alias was given",
    ("shared/cli/reading.py", "tag:yaml.org"): "a YAML type",
    ("shared/mailboxes/ews/services.py", "meeting:"): "a field of EWS",
}


@cache
def sources() -> list[tuple[str, ast.Module]]:
    return [(str(file.relative_to(ROOT)), ast.parse(file.read_text())) for file in (ROOT / "shared").rglob("*.py")]


def texts(tree: ast.AST) -> Iterator[str]:
    """Every string in a module except its docstrings: whole strings, and the literal parts of f-strings."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def key_texts(tree: ast.AST) -> set[str]:
    """The strings that spell the beginning of a key."""
    return {text for text in texts(tree) if text.startswith(tuple(kind.prefix for kind in RowKind)) and " " not in text}


@cache
def plain_sources() -> list[tuple[str, str]]:
    """The modules without comments, uniformly formatted."""
    return [(file, ast.unparse(tree)) for file, tree in sources()]


@cache
def names_in() -> dict[str, set[str]]:
    """For each name, and for each attribute of a name, the modules in shared/ that use it."""
    found = defaultdict[str, set[str]](set)
    for file, tree in sources():
        if file in (VOCABULARY, ALIAS_ROWS):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                found[node.id].add(Path(file).relative_to("shared").as_posix())
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found[f"{node.value.id}.{node.attr}"].add(Path(file).relative_to("shared").as_posix())
    return found


def users(expression: str) -> set[str]:
    """The modules in shared/ that use a name from the vocabulary."""
    return names_in()[expression]


def test_each_key_is_spelt_in_one_place() -> None:
    found = {(file, text) for file, tree in sources() if file != VOCABULARY for text in key_texts(tree)}
    mine = {(file, text) for file, text in found if not any(file == f and text.startswith(t) for f, t in OTHER_TEXTS)}
    assert mine == set()


@pytest.mark.parametrize(
    ("constant", "name", "owner"),
    [
        ("MEETINGS", MEETINGS, VOCABULARY),
        ("ALIASES", ALIASES, ALIAS_ROWS),
        ("STATISTICS", STATISTICS, "shared/statistics/rows.py"),
        ("CHANGES", CHANGES, "shared/changes/rows.py"),
    ],
)
def test_each_tables_name_is_spelt_once(constant: str, name: str, owner: str) -> None:
    assert not [file for file, text in plain_sources() if f"table({name!r})" in text]
    assert [file for file, text in plain_sources() if f"{constant} = {name!r}" in text] == [NAMED_IN]
    assert [file for file, text in plain_sources() if f"table({constant})" in text] == [owner]


@pytest.mark.parametrize("name", ALIAS_USERS)
def test_the_keys_of_aliases_are_used_only_by_their_owners(name: str) -> None:
    assert users(name) == ALIAS_USERS[name]


def test_every_module_that_uses_columns_of_aliases_exists() -> None:
    known = set(re.findall(r"(\w+/\w+\.py)", (alias_rows.__doc__ or "").partition("The modules on the right")[0]))
    assert known
    assert [module for module in known if not (ROOT / "shared" / module).is_file()] == []


@pytest.mark.parametrize("kind", RowKind)
def test_the_keys_of_a_kind_of_row_are_used_only_by_its_owners(kind: RowKind) -> None:
    assert users(f"RowKind.{kind.name}") == OWNERS[kind.name]


@pytest.mark.parametrize("partition", PARTITIONS)
def test_partitions_without_an_integration_are_used_only_by_their_owners(partition: str) -> None:
    assert users(partition) == PARTITIONS[partition]


def test_every_kind_of_row_is_described_with_an_existing_module() -> None:
    described = {line.split()[0].partition(":")[0].removesuffix("-<n>"): line.split()[-1] for line in described_lines()}
    partitions = {getattr(rows, name) for name in PARTITIONS}
    assert set(described) == set(RowKind) | partitions
    assert [module for module in described.values() if not (ROOT / "shared" / module).is_file()] == []


def described_lines() -> list[str]:
    lines = (rows.__doc__ or "").splitlines()
    return [line for line in lines if line.startswith("    ") and line.endswith(".py")]


def test_a_key_that_is_spelt_elsewhere_is_noticed() -> None:
    assert key_texts(ast.parse('table.get(uuid, f"tag:{tag}")')) == {"tag:"}
    assert key_texts(ast.parse('"""tag:<uuid> is documented."""')) == set()
