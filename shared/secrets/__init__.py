"""Where secrets are stored: passwords, client secrets, refresh tokens (I5).

Each value is stored under a new reference, and never changed. This makes a save of settings atomic: the reference
becomes valid with the row that contains it, and after an interrupted or rejected save the old value is still valid.

    settings row:  password = "1111…-password-9f2c…"   ──►   Key Vault / encrypted file: the value
"""

from __future__ import annotations

from typing import NewType, Protocol
from uuid import uuid4

from pydantic import SecretStr

from shared.errors import NotFound

SecretReference = NewType("SecretReference", str)
"""The name of a stored value; "" if there is none. Not itself a secret."""


class SecretMissing(NotFound):
    """There is no value under this reference (any more)."""


class SecretStore(Protocol):
    """Stores secret values."""

    async def set(self, integration: str, field: str, value: SecretStr) -> SecretReference:
        """Store the value of a setting of an integration (UUID); returns its reference. Raises Unavailable."""
        ...

    async def get(self, reference: SecretReference) -> SecretStr:
        """The value. Raises SecretMissing, Unavailable."""
        ...

    async def delete(self, reference: SecretReference) -> None:
        """Delete the value; no error if it is already gone. Raises Unavailable."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def new_reference(integration: str, field: str) -> SecretReference:
    """A new reference: at most 127 letters, digits and dashes, as Key Vault requires of names."""
    return SecretReference(f"{integration}-{field.replace('_', '-')}-{uuid4().hex[:12]}")


def missing(reference: SecretReference) -> SecretMissing:
    """What `get` raises."""
    return SecretMissing(
        f"The secret {reference} does not exist (any more). Set it again in the integration's settings."
    )
