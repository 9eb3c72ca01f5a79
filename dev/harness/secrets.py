"""In-memory secrets."""

from pydantic import SecretStr

from shared.secrets import SecretReference, missing, new_reference


class MemorySecrets:
    """An in-memory SecretStore; `kept` is its content."""

    def __init__(self) -> None:
        self.kept: dict[SecretReference, SecretStr] = {}

    async def set(self, integration: str, field: str, value: SecretStr) -> SecretReference:
        reference = new_reference(integration, field)
        self.kept[reference] = value
        return reference

    async def get(self, reference: SecretReference) -> SecretStr:
        if reference not in self.kept:
            raise missing(reference)
        return self.kept[reference]

    async def delete(self, reference: SecretReference) -> None:
        self.kept.pop(reference, None)

    async def close(self) -> None:
        pass
