"""Integrations as table rows. Whatever is written can be read back, even by other versions of the product."""

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from shared.integrations import rows
from shared.integrations.settings.metadata import ExchangeDomain
from shared.storage import Row, Values
from tests.support.integrations import an_integration

SAMPLE = an_integration()
texts = st.text(max_size=30)


def read(values: Values) -> rows.Stored:
    return rows.stored(Row(rows.PARTITION, "settings-x", values, "etag"))


@given(
    st.fixed_dictionaries(
        {
            "description": texts,
            "meeting_buffer_after": st.integers(0, 180),
            "enable_personal_vmrs": st.booleans(),
            "ivr_theme": st.none() | texts.filter(bool),
            "personal_vmr_oauth_client_id": st.none() | texts.filter(bool),
            "domains": st.lists(
                st.builds(
                    ExchangeDomain, id=st.integers(1), domain=texts, creation_time=st.datetimes(timezones=st.just(UTC))
                )
            ).map(tuple),
        }
    ),
    st.dictionaries(texts, st.integers(1)),
)
def test_a_row_preserves_an_integration(values: dict[str, object], changes: dict[str, int]) -> None:
    integration = SAMPLE.model_copy(update=values)
    found = read(rows.settings_values(integration, changes))
    assert found.integration == integration
    assert found.changes == changes


def test_a_row_from_an_earlier_version_gets_default_values() -> None:
    values = dict(rows.settings_values(SAMPLE, {}))
    del values["reservation_days"], values["changes"], values["domains"]
    assert read(values).integration.reservation_days == 30
    assert read(values).integration.domains == ()


def test_unknown_columns_from_a_later_version_are_ignored() -> None:
    assert read({**rows.settings_values(SAMPLE, {}), "from_the_future": 1}).integration == SAMPLE


def test_a_row_records_which_settings_changed_since_a_revision() -> None:
    stored = rows.Stored(SAMPLE, {"name": 2, "url": 4, "ivr_theme": 3}, Row("p", "k", {}))
    assert stored.changed_since(2) == ["ivr_theme", "url"]
    assert stored.changed_since(4) == []


@given(st.binary(max_size=100_000))
def test_a_row_preserves_an_icon(content: bytes) -> None:
    values = rows.icon_values(content)
    assert all(len(str(value)) <= 32_768 for value in values.values())
    assert rows.icon_of(Row("p", "k", values)) == content


def test_keys_contain_only_characters_that_table_keys_may_contain() -> None:
    key = rows.mailbox_key("o'neil/#?%\\+1@example.com")
    assert key.replace("-", "").isalnum()
    assert key != rows.mailbox_key("oneil@example.com")
