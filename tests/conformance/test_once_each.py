"""What is true of one thing is said in one place: a limit that stands twice is changed once."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from functions import mailbox
from shared.management.conferences import ALIAS_SCHEMA, CONFERENCE_SCHEMA
from shared.management.end_users import END_USER_SCHEMA
from shared.personal.end_user import UserRecord
from shared.personal.vmr import Alias, PersonalVmr
from shared.storage import MEETING_REQUESTS, QUEUES
from tests.support import ROOT


def test_no_constant_is_defined_twice() -> None:
    """Of the same name and value. The command line is a client, and knows the API from outside."""
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


def test_triggers_read_the_queues_that_storage_has() -> None:
    assert (MEETING_REQUESTS, mailbox.POISON) == QUEUES


@pytest.mark.parametrize(
    ("schema", "model"), [(ALIAS_SCHEMA, Alias), (CONFERENCE_SCHEMA, PersonalVmr), (END_USER_SCHEMA, UserRecord)]
)
def test_the_management_api_describes_the_limits_that_records_have(
    schema: Mapping[str, Any], model: type[BaseModel]
) -> None:
    kept = model.model_json_schema()["properties"]
    told = {name: each for name, each in schema["properties"].items() if name in kept and not each.get("readOnly")}
    assert len(told) > 1
    for name, each in told.items():
        for limit in {"minLength", "maxLength", "pattern", "enum", "maxItems"} & (each.keys() | kept[name].keys()):
            assert each.get(limit) == kept[name].get(limit), f"{limit} of {name}"
