"""host.json and %SETTING%."""

from datetime import timedelta
from pathlib import Path

import pytest

from dev.host.config import HostConfig, HostError, load_config, resolve
from tests.support import ROOT


def test_unset_values_have_azures_defaults(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    assert load_config(tmp_path / "host.json") == HostConfig()


def test_the_new_batch_threshold_is_half_the_batch_size(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"extensions": {"queues": {"batchSize": 10}}}')
    assert load_config(tmp_path / "host.json").new_batch_threshold == 5


def test_the_projects_own_host_json_is_read() -> None:
    assert load_config(ROOT / "host.json") == HostConfig(
        route_prefix="",
        function_timeout=timedelta(minutes=5),
        max_dequeue_count=5,
        visibility_timeout=timedelta(seconds=30),
        batch_size=16,
        new_batch_threshold=8,
        max_polling_interval=timedelta(seconds=5),
    )


@pytest.mark.parametrize("text", ["", "{", '{"functionTimeout": "5 min"}'])
def test_the_error_about_an_invalid_host_json_names_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(HostError, match=r"host\.json"):
        load_config(tmp_path / "host.json")


def test_setting_names_in_percent_signs_are_replaced_with_their_values() -> None:
    assert resolve("a-%X%-%Y%", {"X": "1", "Y": "2"}) == "a-1-2"
    assert resolve("plain", {}) == "plain"


def test_an_unknown_setting_in_percent_signs_is_an_error() -> None:
    with pytest.raises(HostError, match="%X%"):
        resolve("%X%", {})
