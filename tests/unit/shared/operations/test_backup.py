"""Backups satisfy their contract on in-memory storage, and damaged files are refused."""

import json
import os
from pathlib import Path

import pytest

from dev.harness.storage import MemoryStorage, MemoryTable
from shared.operations.backup import DamagedExport, check_export, import_tables
from shared.operations.files import export_file, import_file
from shared.storage import TABLES, Storage
from tests.support.backup_contract import ROWS, BackupContract, content, fill, lines_of


@pytest.fixture
def storages() -> tuple[Storage, Storage]:
    return MemoryStorage(), MemoryStorage()


class TestInMemory(BackupContract):
    pass


HEADER, END = '{"export":1,"version":"0"}', '{"rows":1}'
ROW = '{"table":"meetings","partition":"p","key":"k","values":{}}'


def _with_key(key: str) -> str:
    return json.dumps(json.loads(ROW) | {"key": key})


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "Line 1 is not the beginning"),
        (["hello"], "Line 1 is not JSON"),
        (["[]"], "Line 1 is not a JSON object"),
        ([ROW], "Line 1 is not the beginning"),
        (['{"export":2}'], "format 2; this version reads format 1"),
        ([HEADER], "stops after 0 rows"),
        ([HEADER, ROW], "stops after 1 rows"),
        ([HEADER, ROW, ROW, END], "Line 4 ends an export of 1 rows; it should be 2"),
        ([HEADER, END], "Line 2 ends an export of 1 rows; it should be 0"),
        ([HEADER, ROW, END, ROW], "Line 3 ends an export"),
        ([HEADER, ROW[:-5], END], "Line 2 is not JSON"),
        ([HEADER, '{"table":"meetings"}', END], "Line 2 is not a row: partition"),
        ([HEADER, ROW.replace("{}", '{"a":[1]}'), END], "Line 2 is not a row: values.a"),
        ([HEADER, ROW.replace("{}", '{"a":1.5}'), END], "Line 2 is not a row: values.a"),
        ([HEADER, ROW.replace("{}", '{"a":null}'), END], "Line 2 is not a row: values.a"),
        ([HEADER, ROW.replace("meetings", "secrets"), END], "Line 2 belongs to table secrets"),
        ([HEADER, ROW.replace("{}", '{"a-b":1}'), END], "Line 2 cannot be a row: .*names contain only letters"),
        ([HEADER, ROW.replace("{}", '{"a":9223372036854775808}'), END], "Line 2 cannot be a row: .*64 bits"),
        ([HEADER, ROW.replace("{}", '{"a":"' + "x" * 32_769 + '"}'), END], "Line 2 .*: a string is longer than"),
        ([HEADER, _with_key("a/b"), END], "Line 2 cannot be a row: a key"),
        ([HEADER, _with_key("x" * 513), END], "Line 2 cannot be a row: a key"),
    ],
)
def test_a_damaged_export_is_refused_with_the_line_number(lines: list[str], message: str) -> None:
    with pytest.raises(DamagedExport, match=message):
        check_export(lines)


async def test_a_file_truncated_at_any_point_is_noticed() -> None:
    storage = MemoryStorage()
    await fill(storage, ROWS)
    text = "\n".join(await lines_of(storage))
    for end in range(len(text)):
        with pytest.raises(DamagedExport):
            check_export(text[:end].split("\n"))


async def test_blank_lines_are_ignored() -> None:
    old, new = MemoryStorage(), MemoryStorage()
    await fill(old, ROWS)
    await import_tables(new, ["", *(line + "\r\n" for line in await lines_of(old)), "\n"])
    assert await content(new) == await content(old)


async def test_every_line_of_an_export_is_one_json_object() -> None:
    storage = MemoryStorage()
    await fill(storage, ROWS)
    for line in await lines_of(storage):
        assert "\n" not in line
        assert isinstance(json.loads(line), dict)


async def test_only_the_owner_can_read_an_exported_file(tmp_path: Path) -> None:
    old, new, path = MemoryStorage(), MemoryStorage(), tmp_path / "export.jsonl"
    await fill(old, ROWS)
    assert await export_file(old, path) == len(ROWS)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (await import_file(new, path)).written == len(ROWS)
    assert await content(new) == await content(old)


async def test_an_interrupted_export_keeps_the_older_file(tmp_path: Path) -> None:
    class Broken(MemoryStorage):
        def table(self, name: str) -> MemoryTable:
            if name == TABLES[-1]:
                raise ConnectionError
            return super().table(name)

    path = tmp_path / "export.jsonl"
    path.write_text("older")
    with pytest.raises(ConnectionError):
        await export_file(Broken(), path)
    assert os.listdir(tmp_path) == ["export.jsonl"]
    assert path.read_text() == "older"


async def test_importing_a_damaged_file_changes_nothing(tmp_path: Path) -> None:
    storage, path = MemoryStorage(), tmp_path / "export.jsonl"
    path.write_text(f"{HEADER}\n{ROW}\n")
    with pytest.raises(DamagedExport):
        await import_file(storage, path)
    assert await content(storage) == {}
