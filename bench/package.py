"""The package that is deployed: how large it is, and how fast it starts, with the Python that runs in Azure."""

import tempfile
from pathlib import Path

from bench.result import Result
from infra.package import build

AZURE_PYTHON = "3.13"


def measure() -> list[Result]:
    """Builds it anew; needs the package index, or what uv has kept of it."""
    with tempfile.TemporaryDirectory() as folder:
        package = build(Path(folder) / "package.zip", AZURE_PYTHON)
    results = [Result("package to deploy", package.size / 1e6, "MB", note=f"{package.unpacked / 1e6:.0f} MB unpacked")]
    if package.import_ms is not None:
        results.append(Result(f"cold import from the package, Python {AZURE_PYTHON}", package.import_ms, "ms"))
    return results
