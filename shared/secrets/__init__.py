"""Where secrets are stored: passwords, client secrets, refresh tokens (I5).

Each value is stored under a new reference, and never changed. This makes saving settings atomic. A reference takes
effect with the row that contains it, and after an interrupted or rejected save the old value is still in place.

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
    """This reference has no value, or no longer has one."""


class SecretStore(Protocol):
    """Stores secret values."""

    async def set(self, integration: str, field: str, value: SecretStr) -> SecretReference:
        """Store the value of one of an integration's settings, and return its reference. Raises Unavailable."""
        ...

    async def get(self, reference: SecretReference) -> SecretStr:
        """The value. Raises SecretMissing, Unavailable."""
        ...

    async def delete(self, reference: SecretReference) -> None:
        """Delete the value, if it still exists. Raises Unavailable."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...


def new_reference(integration: str, field: str) -> SecretReference:
    """A new reference of at most 127 letters, digits and dashes, as Key Vault requires of its names."""
    return SecretReference(f"{integration}-{field.replace('_', '-')}-{uuid4().hex[:12]}")


def missing(reference: SecretReference) -> SecretMissing:
    """What `get` raises."""
    return SecretMissing(f"The secret {reference} is missing. Set it again in the integration's settings.")
