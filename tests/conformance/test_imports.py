"""Who may import whom, read from the source: the house's rules, not what happens to be loaded."""

import pytest

from dev import layers
from tests.support import ROOT
from tests.support.imports import imported, is_within, modules

# Where: which of the project's own packages and of the platform's libraries it must not know.
FORBIDDEN = {
    "shared": {"azure.functions", "azure_functions_runtime", "functions", "function_app", "dev", "tests", "bench"},
    "functions": {"function_app", "dev", "tests", "bench", "azure.data", "azure.storage", "azure.identity", "httpx"},
    "function_app.py": {"dev", "tests", "bench"},
    "dev": {"tests", "bench", "functions"},
    "bench": {"tests"},
    # The generic host and the simulated Exchange are neighbours of the product, not friends.
    "dev/host": {"shared", "dev.exchange"},
    "dev/exchange": {"shared", "dev.host"},
    # What is pure stays pure.
    "shared/templates": {"azure", "shared.storage", "shared.azure_storage", "shared.composition"},
    "shared/meetings": {"azure", "shared.azure_storage", "shared.composition", "httpx", "msgraph_core"},
    "shared/aliases": {"azure", "shared.azure_storage", "shared.composition", "httpx"},
    "shared/conferences": {"azure", "shared.azure_storage", "shared.composition"},
    "shared/integrations": {"azure", "shared.azure_storage", "shared.composition", "httpx"},
}
# Standard library only: they run before anything is installed.
BARE = (
    "dev/__init__.py",
    "dev/setup.py",
    "dev/node_runtime.py",
    "dev/processes.py",
    *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "dev" / "install").glob("*.py")),
)


@pytest.mark.parametrize("place", FORBIDDEN)
def test_imports(place: str) -> None:
    files = modules(place)
    assert files, f"{place} is gone: take it out of the table"
    wrong = {
        f"{file.relative_to(ROOT)}: {module}"
        for file in files
        for module in imported(file)
        if any(is_within(module, package) for package in FORBIDDEN[place])
    }
    assert not wrong


def test_only_triggers_know_azure_functions() -> None:
    assert any("azure.functions" in imported(file) for file in modules("functions"))
    strangers = {
        str(file.relative_to(ROOT))
        for place in ("shared", "dev")
        for file in modules(place)
        if "node_modules" not in file.parts and any(is_within(module, "azure.functions") for module in imported(file))
    }
    assert not strangers


@pytest.mark.parametrize("file", BARE)
def test_what_runs_before_the_installation_needs_nothing(file: str) -> None:
    import sys

    tops = {module.partition(".")[0] for module in imported(ROOT / file)} - {"dev"}
    assert tops <= sys.stdlib_module_names


def test_the_folders_of_the_product_are_layers() -> None:
    """No circle, in-function imports included: `python -m dev.layers` shows the order."""
    standing = layers.levels(layers.imports())
    assert standing["errors"] == standing["clock"] == 0
    assert standing["cli"] == max(standing.values())


def test_no_modules_of_the_product_import_each_other_in_a_circle() -> None:
    """Imports for type checking included. Settings and their conditions once were a circle of 14 files."""
    graph = layers.module_imports()
    standing = layers.levels(graph)
    assert standing["shared.integrations.conditions"] == 0
    assert graph["shared.integrations.setting"] == {"shared.integrations.conditions", "shared.secrets"}
    assert standing["shared.integrations.integration"] < standing["shared.integrations"]


def test_a_circle_of_folders_would_be_noticed() -> None:
    with pytest.raises(layers.Circle, match="a → b → c → a"):
        layers.levels({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()})


@pytest.mark.parametrize(
    "part",
    [
        "shared.conferences.platform.PolicyPlatform", "shared.management.management", "shared.meetings.timers.Timers",
        "shared.operations.erasure.erase", "shared.meetings.retirement.Retirement",
    ],
)  # fmt: skip
def test_parts_meet_in_one_place(part: str) -> None:
    """Nobody else makes them, so that a second Platform reaches them all."""
    module, _, name = part.rpartition(".")
    makers = {
        path.relative_to(ROOT).parts[1]
        for place in ("shared", "functions")
        for path in modules(place)
        if path != ROOT / (module.replace(".", "/") + ".py")
        and part in imported(path)
        and f"{name}(" in path.read_text()
    }
    assert makers == {"composition"}


def test_the_vocabulary_knows_nothing_else() -> None:
    graph = layers.imports()
    assert graph["calendar"] <= {"zones"}
    assert graph["bookings"] <= {"calendar", "storage", "errors", "clock"}
