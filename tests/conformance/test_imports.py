"""Which package may import which, judging by the source code rather than by what is loaded at run time."""

import pytest

from dev import layers
from tests.support import ROOT
from tests.support.imports import imported, is_within, modules

# Each folder or module, and the project packages and platform libraries that it must not import.
FORBIDDEN = {
    "shared": {"azure.functions", "azure_functions_runtime", "functions", "function_app", "dev", "tests", "bench"},
    "functions": {"function_app", "dev", "tests", "bench", "azure.data", "azure.storage", "azure.identity", "httpx"},
    "function_app.py": {"dev", "tests", "bench"},
    "dev": {"tests", "bench", "functions"},
    "bench": {"tests"},
    # The generic functions host and the simulated Exchange must not depend on the product.
    "dev/host": {"shared", "dev.exchange"},
    "dev/exchange": {"shared", "dev.host"},
    # Pure modules must stay pure.
    "shared/templates": {"azure", "shared.storage", "shared.azure_storage", "shared.composition"},
    "shared/meetings": {"azure", "shared.azure_storage", "shared.composition", "httpx", "msgraph_core"},
    "shared/aliases": {"azure", "shared.azure_storage", "shared.composition", "httpx"},
    "shared/conferences": {"azure", "shared.azure_storage", "shared.composition"},
    "shared/integrations": {"azure", "shared.azure_storage", "shared.composition", "httpx"},
}
# These use only the standard library, because they run before anything is installed.
BARE = (
    "dev/__init__.py",
    "dev/setup.py",
    "dev/node_runtime.py",
    "dev/processes.py",
    *sorted(str(file.relative_to(ROOT)) for file in (ROOT / "dev" / "install").glob("*.py")),
)


@pytest.mark.parametrize("place", FORBIDDEN)
def test_no_module_imports_a_forbidden_package(place: str) -> None:
    files = modules(place)
    assert files, f"{place} no longer exists: remove it from the table"
    wrong = {
        f"{file.relative_to(ROOT)}: {module}"
        for file in files
        for module in imported(file)
        if any(is_within(module, package) for package in FORBIDDEN[place])
    }
    assert not wrong


def test_only_triggers_import_azure_functions() -> None:
    assert any("azure.functions" in imported(file) for file in modules("functions"))
    strangers = {
        str(file.relative_to(ROOT))
        for place in ("shared", "dev")
        for file in modules(place)
        if "node_modules" not in file.parts and any(is_within(module, "azure.functions") for module in imported(file))
    }
    assert not strangers


@pytest.mark.parametrize("file", BARE)
def test_code_that_runs_before_the_installation_imports_only_the_standard_library(file: str) -> None:
    import sys

    tops = {module.partition(".")[0] for module in imported(ROOT / file)} - {"dev"}
    assert tops <= sys.stdlib_module_names


def test_the_folders_of_the_product_are_layers() -> None:
    """There is no cycle, even counting in-function imports; `python -m dev.layers` shows the order."""
    standing = layers.levels(layers.imports())
    assert standing["errors"] == standing["clock"] == 0
    assert standing["cli"] == max(standing.values())


def test_no_modules_of_the_product_import_each_other_in_a_cycle() -> None:
    """Imports for type checking count as well. Settings and their conditions once formed a cycle of 14 files."""
    graph = layers.module_imports()
    standing = layers.levels(graph)
    assert standing["shared.integrations.conditions"] == 0
    assert graph["shared.integrations.setting"] == {"shared.integrations.conditions", "shared.secrets"}
    assert standing["shared.integrations.integration"] < standing["shared.integrations"]


def test_a_cycle_of_folders_is_detected() -> None:
    with pytest.raises(layers.Circle, match="a → b → c → a"):
        layers.levels({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()})


@pytest.mark.parametrize(
    "part",
    [
        "shared.conferences.platform.PolicyPlatform", "shared.management.management", "shared.meetings.timers.Timers",
        "shared.operations.erasure.erase", "shared.meetings.retirement.Retirement",
    ],
)  # fmt: skip
def test_only_the_composition_creates_the_parts(part: str) -> None:
    """Only the composition creates the product's parts, so a second Platform only has to be passed to it."""
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


def test_the_calendar_vocabulary_imports_nothing_else_from_the_product() -> None:
    graph = layers.imports()
    assert graph["calendar"] <= {"zones"}
    assert graph["bookings"] <= {"calendar", "storage", "errors", "clock"}
