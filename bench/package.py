"""The size of the deployed package, and the time to start it with Azure's Python version."""

import sys
import tempfile
from pathlib import Path

from bench.result import Result
from infra.package import build, find_python

AZURE_PYTHON = "3.13"


def measure() -> list[Result]:
    """Rebuild the package. This requires access to the package index or uv's cache of it. If Azure's Python version is
    not installed, the package is built for the version that is running.
    """
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    version = AZURE_PYTHON if find_python(AZURE_PYTHON) else ours
    with tempfile.TemporaryDirectory() as folder:
        package = build(Path(folder) / "package.zip", version)
    assert package.import_ms is not None, "the Python that compiles and starts the package"
    unpacked = f"{package.unpacked / 1e6:.0f} MB unpacked, including .pyc files"
    return [
        Result(f"package to deploy, Python {version}", package.size / 1e6, "MB", note=unpacked),
        Result(f"cold import from the package, Python {version}", package.import_ms, "ms"),
    ]
