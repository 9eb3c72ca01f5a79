"""Each fact is defined in one place, because a limit that is defined twice gets changed only once."""

import ast
from collections import defaultdict

import pytest
from pydantic import BaseModel

from functions import mailbox
from shared.personal.end_user import UserRecord
from shared.personal.field_table import ALIAS_FIELDS, CONFERENCE_FIELDS, END_USER_FIELDS, FieldTable
from shared.personal.vmr import Alias, PersonalVmr
from shared.queues import MEETING_REQUESTS, QUEUES, ROUNDS
from tests.support import ROOT


def test_no_constant_is_defined_twice() -> None:
    """No two constants have the same name and value. The command line is exempt, because it is a client that only uses
    the API."""
    places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for path in (path for folder in ("shared", "functions") for path in sorted((ROOT / folder).rglob("*.py"))):
        if path.is_relative_to(ROOT / "shared" / "cli"):
            continue
        for node in ast.parse(path.read_text()).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                    name.isupper() and len(name) > 1 and name[0] != "_"
                ):
                    places[name, ast.unparse(value)].append(str(path.relative_to(ROOT)))
    assert {name: found for (name, _), found in places.items() if len(found) > 1} == {}


def test_triggers_read_the_queues_that_storage_defines() -> None:
    assert (MEETING_REQUESTS, mailbox.POISON, ROUNDS, mailbox.ROUNDS_POISON) == QUEUES


@pytest.mark.parametrize(
    ("table", "model"),
    [(ALIAS_FIELDS, Alias), (CONFERENCE_FIELDS, PersonalVmr), (END_USER_FIELDS, UserRecord)],
    ids=["conference_alias", "conference", "end_user"],
)
def test_records_have_the_defaults_of_their_tables(table: FieldTable, model: type[BaseModel]) -> None:
    kept = {name: each for name, each in model.model_fields.items() if name in table.defaults}
    assert len(kept) > 2
    for name, each in kept.items():
        wanted = table.default(name)
        assert each.is_required() == table.fields[name].is_required
        assert each.is_required() or (each.default or None) == (wanted or None), name
