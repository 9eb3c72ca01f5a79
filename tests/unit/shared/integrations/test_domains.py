"""Exchange metadata domains keep their ids for as long as they exist."""

from datetime import UTC, datetime

from shared.integrations.domains import UNNUMBERED, domain_records
from shared.integrations.settings.metadata import ExchangeDomain

MAIL = ExchangeDomain(id=3, domain="mail.example.com", creation_time=datetime(2026, 1, 1, tzinfo=UTC))
CLOUD = ExchangeDomain(id=4, domain="outlook.office365.com", creation_time=datetime(2026, 2, 1, tzinfo=UTC))
BEFORE = (MAIL, CLOUD)


def test_a_domain_with_a_known_name_keeps_its_record() -> None:
    assert domain_records([{"domain": "outlook.office365.com"}, {"domain": "mail.example.com"}], BEFORE) == (
        (CLOUD, MAIL),
        [],
    )


def test_an_id_without_a_name_keeps_the_record_unchanged() -> None:
    assert domain_records([{"id": 4}], BEFORE) == ((CLOUD,), [])


def test_an_id_with_a_name_renames_the_record() -> None:
    (renamed,), faults = domain_records([{"id": 3, "domain": "post.example.com"}], BEFORE)
    assert faults == []
    assert renamed == MAIL.model_copy(update={"domain": "post.example.com"})


def test_a_new_name_creates_a_record_without_an_id() -> None:
    (new,), faults = domain_records([{"domain": "new.example.com"}], BEFORE)
    assert faults == []
    assert (new.id, new.domain) == (UNNUMBERED, "new.example.com")


def test_records_that_clients_send_back_are_accepted() -> None:
    sent = [{**entry.model_dump(mode="json"), "exchange_connector": "/x/1/", "resource_uri": "/y/"} for entry in BEFORE]
    assert domain_records(sent, BEFORE) == (BEFORE, [])


def test_plain_domain_names_of_existing_clients_are_accepted() -> None:
    (known, new), faults = domain_records(["outlook.office365.com", "new.example.com"], BEFORE)
    assert faults == []
    assert (known, new.domain) == (CLOUD, "new.example.com")


def test_null_means_no_domains() -> None:
    assert domain_records(None, BEFORE) == ((), [])


def test_faults_name_the_entry_by_its_number() -> None:
    records, faults = domain_records([{"domain": "a.example.com"}, {"id": 9}, 7, {"id": 3, "domain": 7}], BEFORE)
    assert [record.domain for record in records] == ["a.example.com"]
    assert [fault[:8] for fault in faults] == ["Entry 2:", "Entry 3:", "Entry 4:"]
    assert faults[0] == "Entry 2: This integration has no domain with that id."
