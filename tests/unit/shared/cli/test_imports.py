"""The command line's libraries are not in the functions app's package, so only the command line may import them."""

import pytest

from tests.support.imports import imported, is_within, modules

LIBRARIES = ("typer", "rich", "ruamel", "shared.cli")


@pytest.mark.parametrize("place", ["function_app.py", "functions", "shared"])
def test_only_the_command_line_imports_its_libraries(place: str) -> None:
    files = [file for file in modules(place) if "cli" not in file.parts]
    assert files
    strangers = {
        f"{file}: {module}"
        for file in files
        for module in imported(file)
        if any(is_within(module, library) for library in LIBRARIES)
    }
    assert not strangers
