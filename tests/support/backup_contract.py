"""The contract for exporting and importing data on any storage backend."""

from collections.abc import AsyncIterator

import pytest

from shared.operations.backup import check_export, export_tables, import_tables
from shared.storage import TABLES, Insert, Row, Storage, Values

UUID = "11111111-1111-4111-8111-111111111111"
ROWS: list[tuple[str, str, str, Values]] = [
    ("integrations", "integration", f"settings:{UUID}", {"id": 7, "values": '{"name":"Größe 😀"}', "big": 2**40}),
    ("aliases", "meet123456", "alias", {"integration": UUID, "tag": "t", "open": True, "closed": False}),
    ("meetings", UUID, "tag:t", {"alias": "meet123456@example.com", "line": "a\nb\u2028c", "empty": "", "zero": 0}),
    ("meetings", UUID, "watch:inbox", {"state": "https://graph.microsoft.com/v1.0/delta?$deltatoken=x"}),
]
SUBSCRIPTIONS: list[tuple[str, str, str, Values]] = [
    ("meetings", UUID, "watch:subscription", {"id": "s", "expires": "2030-01-01T00:00:00+00:00", "terms": "t"}),
]


async def fill(storage: Storage, rows: list[tuple[str, str, str, Values]]) -> None:
    for table, partition, key, values in rows:
        await storage.table(table).commit(partition, Insert(key, values))


async def content(storage: Storage) -> dict[tuple[str, str, str], dict[str, object]]:
    async def rows(table: str) -> AsyncIterator[Row]:
        async for row in storage.table(table).everything():
            yield row

    return {(t, row.partition, row.key): dict(row.values) for t in TABLES async for row in rows(t)}


async def lines_of(storage: Storage) -> list[str]:
    return [line async for line in export_tables(storage)]


class BackupContract:
    """Provide a pair of empty storages as the fixture `storages`."""

    async def test_exported_data_is_imported_unchanged(self, storages: tuple[Storage, Storage]) -> None:
        old, new = storages
        await fill(old, ROWS)
        lines = await lines_of(old)
        assert check_export(lines) == len(ROWS)
        restored = await import_tables(new, lines)
        assert (restored.written, restored.kept) == (len(ROWS), 0)
        assert await content(new) == await content(old)
        assert {type(v) for values in (await content(new)).values() for v in values.values()} == {str, int, bool}

    async def test_subscriptions_are_not_exported(self, storages: tuple[Storage, Storage]) -> None:
        old, _ = storages
        await fill(old, [*ROWS, *SUBSCRIPTIONS])
        lines = await lines_of(old)
        assert check_export(lines) == len(ROWS)
        assert not any("watch:subscription" in line for line in lines)

    async def test_importing_again_changes_nothing(self, storages: tuple[Storage, Storage]) -> None:
        old, new = storages
        await fill(old, ROWS)
        lines = await lines_of(old)
        await import_tables(new, lines)
        restored = await import_tables(new, lines)
        assert (restored.written, restored.kept) == (0, len(ROWS))

    async def test_existing_rows_are_kept(self, storages: tuple[Storage, Storage]) -> None:
        old, new = storages
        await fill(old, ROWS)
        table, partition, key, _ = ROWS[2]
        await fill(new, [(table, partition, key, {"alias": "newer"})])
        restored = await import_tables(new, await lines_of(old))
        assert (restored.written, restored.kept) == (len(ROWS) - 1, 1)
        assert (await content(new))[table, partition, key] == {"alias": "newer"}

    @pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 100])
    async def test_any_number_of_rows_is_exported_and_imported(
        self, storages: tuple[Storage, Storage], count: int
    ) -> None:
        old, new = storages
        await fill(old, [("meetings", f"p{i % 3}", f"k{i:03}", {"n": i}) for i in range(count)])
        restored = await import_tables(new, await lines_of(old))
        assert restored.written == count
        assert await content(new) == await content(old)
