"""Secrets in an encrypted file, for development. Only one process at a time may use it."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from pydantic import SecretStr, TypeAdapter, ValidationError

from shared.errors import Unavailable
from shared.secrets import SecretReference, missing, new_reference

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12
_ENTRIES = TypeAdapter(dict[str, str])


class FileSecrets:
    """A SecretStore in a JSON file that maps references to AES-256-GCM ciphertext, with the key in a file next to it.

    Each value is bound to its reference, so swapped entries cannot be decrypted. Nothing is awaited between reading and
    replacing the file, so tasks in one process never overwrite each other's changes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cipher: AESGCM | None = None

    async def set(self, integration: str, field: str, value: SecretStr) -> SecretReference:
        """See SecretStore.set."""
        reference = new_reference(integration, field)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._key().encrypt(nonce, value.get_secret_value().encode(), reference.encode())
        self._write(self._read() | {reference: b64encode(nonce + sealed).decode()})
        return reference

    async def get(self, reference: SecretReference) -> SecretStr:
        """See SecretStore.get."""
        from cryptography.exceptions import InvalidTag

        entry = self._read().get(reference)
        if entry is None:
            raise missing(reference)
        try:
            sealed = b64decode(entry)
            opened = self._key().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], reference.encode())
        except (InvalidTag, ValueError):  # ValueError: not even base64, or too short
            raise Unavailable(
                f"{self._path} was not written with the key in {self._key_path}. "
                "Put the right key there, or delete both files and set the secrets again."
            ) from None
        return SecretStr(opened.decode())

    async def delete(self, reference: SecretReference) -> None:
        """See SecretStore.delete."""
        entries = self._read()
        if entries.pop(reference, None) is not None:
            self._write(entries)

    async def close(self) -> None:
        """See SecretStore.close."""

    @property
    def _key_path(self) -> Path:
        return self._path.with_name(self._path.name + ".key")

    def _key(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if self._cipher is None:
            if not self._key_path.exists():
                _replace(self._key_path, AESGCM.generate_key(256))
            key = self._key_path.read_bytes()
            if len(key) != _KEY_BYTES:
                raise Unavailable(f"{self._key_path} is damaged: it must contain {_KEY_BYTES} bytes.")
            self._cipher = AESGCM(key)
        return self._cipher

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        try:
            return _ENTRIES.validate_json(self._path.read_bytes())
        except ValidationError:
            raise Unavailable(f"{self._path} is damaged. Delete it and set the secrets again.") from None

    def _write(self, entries: dict[str, str]) -> None:
        _replace(self._path, json.dumps(entries, indent=1).encode())


def _replace(path: Path, content: bytes) -> None:
    """Write a file with mode 0600. Readers see either the old or the new content, never part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:  # created with mode 0600
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise
