"""The contract of every SecretStore. A subclass's module provides a `secrets` fixture."""

import asyncio
import re

import pytest
from pydantic import SecretStr

from shared.secrets import SecretMissing, SecretReference, SecretStore

UUID = "11111111-1111-4111-8111-111111111111"
LONGEST_FIELD = "personal_vmr_oauth_client_secret"


class SecretStoreContract:
    @pytest.mark.parametrize("value", ["correct horse", " leading, trailing ", "Grüße 😀", "\x00\x01\n", "x" * 4096])
    async def test_a_value_is_read_back_exactly(self, secrets: SecretStore, value: str) -> None:
        reference = await secrets.set(UUID, "password", SecretStr(value))
        assert (await secrets.get(reference)).get_secret_value() == value

    async def test_references_are_valid_names_that_reveal_nothing_about_the_value(self, secrets: SecretStore) -> None:
        reference = await secrets.set(UUID, LONGEST_FIELD, SecretStr("correct"))
        assert re.fullmatch(r"[0-9A-Za-z-]{1,127}", reference)
        assert "correct" not in reference
        assert UUID in reference

    async def test_each_value_has_a_different_reference(self, secrets: SecretStore) -> None:
        first = await secrets.set(UUID, "password", SecretStr("old"))
        second = await secrets.set(UUID, "password", SecretStr("new"))
        assert first != second
        assert (await secrets.get(first)).get_secret_value() == "old"
        assert (await secrets.get(second)).get_secret_value() == "new"

    async def test_deleting_a_value_keeps_the_others(self, secrets: SecretStore) -> None:
        first = await secrets.set(UUID, "password", SecretStr("old"))
        second = await secrets.set(UUID, "password", SecretStr("new"))
        await secrets.delete(first)
        with pytest.raises(SecretMissing):
            await secrets.get(first)
        assert (await secrets.get(second)).get_secret_value() == "new"

    async def test_deleting_twice_causes_no_error(self, secrets: SecretStore) -> None:
        reference = await secrets.set(UUID, "password", SecretStr("old"))
        await secrets.delete(reference)
        await secrets.delete(reference)
        await secrets.delete(SecretReference("never-was"))

    async def test_a_value_that_was_never_stored_is_missing(self, secrets: SecretStore) -> None:
        with pytest.raises(SecretMissing, match="never-was"):
            await secrets.get(SecretReference("never-was"))

    async def test_concurrently_stored_values_are_all_kept(self, secrets: SecretStore) -> None:
        values = [SecretStr(f"value {number}") for number in range(10)]
        references = await asyncio.gather(*(secrets.set(UUID, "password", value) for value in values))
        assert [await secrets.get(reference) for reference in references] == values

    async def test_values_are_not_shown_in_descriptions_of_the_store(self, secrets: SecretStore) -> None:
        value = await secrets.get(await secrets.set(UUID, "password", SecretStr("correct horse")))
        assert "correct horse" not in f"{value} {value!r} {secrets!r}"
