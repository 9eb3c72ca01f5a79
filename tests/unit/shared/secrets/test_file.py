"""Secrets in an encrypted file."""

# ruff: noqa: ASYNC240 - the store is asynchronous, but tests may block while they read files

import json
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.errors import Unavailable
from shared.secrets import SecretReference
from shared.secrets.file import FileSecrets
from tests.support.secret_store_contract import UUID, SecretStoreContract


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deeper" / "secrets.json"


@pytest.fixture
def secrets(path: Path) -> FileSecrets:
    return FileSecrets(path)


class TestFileSecrets(SecretStoreContract):
    pass


async def keep(secrets: FileSecrets, value: str) -> SecretReference:
    return await secrets.set(UUID, "password", SecretStr(value))


async def test_values_outlive_the_process(secrets: FileSecrets, path: Path) -> None:
    reference = await keep(secrets, "correct horse")
    assert (await FileSecrets(path).get(reference)).get_secret_value() == "correct horse"


async def test_files_are_readable_only_by_their_owner_and_contain_no_plain_text(
    secrets: FileSecrets, path: Path
) -> None:
    await keep(secrets, "correct horse")
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["secrets.json", "secrets.json.key"]
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert b"correct horse" not in file.read_bytes()


async def test_equal_values_are_encrypted_differently(secrets: FileSecrets, path: Path) -> None:
    await keep(secrets, "correct horse")
    await keep(secrets, "correct horse")
    assert len(set(json.loads(path.read_text()).values())) == 2


async def test_swapped_entries_cannot_be_decrypted(secrets: FileSecrets, path: Path) -> None:
    first, second = await keep(secrets, "one"), await keep(secrets, "two")
    entries = json.loads(path.read_text())
    path.write_text(json.dumps({first: entries[second], second: entries[first]}))
    with pytest.raises(Unavailable, match="not written with the key"):
        await secrets.get(first)


@pytest.mark.parametrize("entry", ["", "AAAA", "no base64"])
async def test_damaged_entries_cannot_be_decrypted(secrets: FileSecrets, path: Path, entry: str) -> None:
    reference = await keep(secrets, "one")
    path.write_text(json.dumps({reference: entry}))
    with pytest.raises(Unavailable, match="not written with the key"):
        await secrets.get(reference)


async def test_the_wrong_key_is_reported(secrets: FileSecrets, path: Path) -> None:
    reference = await keep(secrets, "one")
    path.with_name("secrets.json.key").write_bytes(bytes(32))
    with pytest.raises(Unavailable, match=r"secrets\.json\.key"):
        await FileSecrets(path).get(reference)


@pytest.mark.parametrize("content", ["{", "", "[]", '{"x": 1}'])
async def test_a_damaged_file_is_reported(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(Unavailable, match="damaged"):
        await FileSecrets(path).get(SecretReference("x"))


async def test_a_damaged_key_is_reported(path: Path) -> None:
    path.parent.mkdir()
    path.with_name("secrets.json.key").write_bytes(b"short")
    with pytest.raises(Unavailable, match=r"secrets\.json\.key"):
        await keep(FileSecrets(path), "one")


async def test_a_failed_write_keeps_the_old_file(
    secrets: FileSecrets, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = await keep(secrets, "one")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            await keep(secrets, "two")
    assert (await secrets.get(reference)).get_secret_value() == "one"
    assert len(list(path.parent.iterdir())) == 2
