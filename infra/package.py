"""Builds the deployment package. It contains only the code that runs and the locked requirements, all compiled.

    python3 infra/package.py [--python 3.13] [--output infra/build/package.zip] [--measure]

The same sources always produce the same bytes, so deploy.sh can tell whether there is anything to deploy. Needs `uv`,
which can fetch the wheels for Azure's Linux and Python on any machine. Standard library only.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("function_app.py", "host.json", "functions", "shared", "addin", "console")
"""Everything that runs in Azure."""

LIBRARIES = (
    "addin/vendor/msal-browser.min.js", "addin/vendor/msal-browser.LICENSE", "console/vendor/msal-browser.min.js",
    "console/vendor/msal-browser.LICENSE", "console/vendor/htm-preact.js", "console/vendor/htm-preact.LICENSE",
)  # fmt: skip
"""Third-party files for the task pane and the console, with their licences. dev/install fetches them."""

PACKAGES = Path(".python_packages/lib/site-packages")
"""Where the Functions host looks for requirements bundled with the app."""

AZURE_ROOT = "/home/site/wwwroot"
PLATFORM = "x86_64-manylinux_2_28"
NEVER_LOADED = {".pyi", ".pyx", ".pxd", ".pxi", ".c", ".h", ".cpp"}
LEFT_OUT = {"__pycache__", "node_modules", "tests"}
OWN_AUTHORITIES = ROOT / "infra" / "authorities.pem"
"""Your own certificate authorities, if Exchange, AD FS or a Management Node needs them. deploy.sh configures them."""
PUBLIC_AUTHORITIES = Path("certifi/cacert.pem")
ON_ADMINS_MACHINES = Path("shared/cli")
"""Parts of the product that do not run in Azure."""
_MEASURE = """
import sys, time
sys.path[:0] = sys.argv[1:]
start = time.process_time()
import function_app
print((time.process_time() - start) * 1000)
"""


class PackageError(Exception):
    """The package cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Package:
    """A built package. `size` and `unpacked` are in bytes; `import_ms` is None if it cannot be measured."""

    path: Path
    sha256: str
    size: int
    unpacked: int
    files: int
    compiled: bool
    import_ms: float | None


def build(output: Path, python_version: str) -> Package:
    """Build the package for a Python version into `output`. Raises PackageError."""
    with tempfile.TemporaryDirectory() as directory:
        stage = Path(directory) / "app"
        copy_product(stage)
        install_requirements(stage / PACKAGES, python_version)
        if OWN_AUTHORITIES.exists():
            add_authorities(stage)
        python = find_python(python_version)
        if python:
            compile_all(stage, python)
        files = sorted(path for path in stage.rglob("*") if path.is_file())
        write_zip(output, stage, files)
        return Package(
            output,
            hashlib.sha256(output.read_bytes()).hexdigest(),
            output.stat().st_size,
            sum(path.stat().st_size for path in files),
            len(files),
            python is not None,
            import_ms(stage, python) if python else None,
        )


def copy_product(stage: Path) -> None:
    """Copy the sources without any compiled or temporary files. Raises PackageError."""
    if missing := [name for name in LIBRARIES if not (ROOT / name).exists()]:
        raise PackageError(f"{' and '.join(missing)} are missing: run `make ready`, which fetches them, and try again.")
    stage.mkdir()
    for name in PRODUCT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, stage / name, ignore=shutil.ignore_patterns(*LEFT_OUT, ".*"))
        else:
            shutil.copy(source, stage / name)
    shutil.rmtree(stage / ON_ADMINS_MACHINES)


def add_authorities(stage: Path) -> None:
    """Combine the public authorities with your own, because SSL_CERT_FILE replaces the public ones.

    Raises PackageError.
    """
    own = OWN_AUTHORITIES.read_text(encoding="ascii", errors="replace")
    if "-----BEGIN CERTIFICATE-----" not in own or "PRIVATE KEY" in own:
        raise PackageError(f"{OWN_AUTHORITIES} must contain PEM certificates and no private key.")
    public = (stage / PACKAGES / PUBLIC_AUTHORITIES).read_text(encoding="utf-8")
    (stage / OWN_AUTHORITIES.name).write_text(f"{public}\n{own}", encoding="utf-8")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program and capture its output."""
    return subprocess.run(command, text=True, capture_output=True, check=False)  # noqa: S603  # our own fixed commands


def find_uv() -> str:
    """The path to `uv`, next to this Python or on the PATH. Raises PackageError."""
    folders = (Path(sys.executable).parent, ROOT / ".venv" / "bin", ROOT / ".venv" / "Scripts")
    places = [*map(str, folders), os.environ.get("PATH", "")]
    uv = shutil.which("uv", path=os.pathsep.join(places))
    if uv is None:
        raise PackageError("`uv` is missing: run `python3 -m pip install uv` (or `make ready`) and try again.")
    return uv


def install_requirements(target: Path, python_version: str) -> None:
    """Verify the hashes of the locked wheels and install them where the host looks for them. Raises PackageError."""
    options = ["--python-version", python_version, "--python-platform", PLATFORM, "--only-binary", ":all:"]
    where = ["--target", str(target), "--link-mode", "copy", "--no-compile-bytecode", "--quiet"]
    lock = ["--require-hashes", "--no-deps", "-r", str(ROOT / "requirements.txt")]
    done = run(find_uv(), "pip", "install", *options, *where, *lock)
    if done.returncode != 0:
        raise PackageError(f"The requirements cannot be installed:\n{done.stderr}")
    prune(target)


def prune(target: Path) -> None:
    """Remove what Python never loads: headers, Cython sources, type stubs, command-line programs, uv's lock."""
    shutil.rmtree(target / "bin", ignore_errors=True)
    for path in target.rglob("*"):
        # RECORD lists files that are gone now, but it is only read when packages are uninstalled.
        if path.is_file() and (path.suffix in NEVER_LOADED or path.name in {"RECORD", ".lock"}):
            path.unlink()


def find_python(version: str) -> str | None:
    """The path to an interpreter of this version on this machine."""
    found = run(find_uv(), "python", "find", "--no-python-downloads", "--system", version)
    return found.stdout.strip() if found.returncode == 0 else None


def compile_all(stage: Path, python: str) -> None:
    """Compile every module. Python then loads it without checking its source: deployed files are read-only, so none can
    become stale.
    """
    names = ["-s", str(stage), "-p", AZURE_ROOT]
    options = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    done = run(python, "-m", "compileall", *options, *names, str(stage))
    if done.returncode != 0:
        raise PackageError(f"Not everything can be compiled:\n{done.stdout}{done.stderr}")


def write_zip(output: Path, stage: Path, files: list[Path]) -> None:
    """Write the zip. Times and permissions are fixed, so the same files always produce the same bytes."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(stage).as_posix())
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def import_ms(stage: Path, python: str, runs: int = 5) -> float:
    """The processor time in milliseconds that a fresh process needs to import the packaged app: the median of a few
    runs. Other processes on the machine do not affect it. The import also proves that the package contains everything
    that the app needs to start. Raises PackageError.
    """
    times = []
    for _ in range(runs):
        done = run(python, "-I", "-S", "-c", _MEASURE, str(stage), str(stage / PACKAGES))
        if done.returncode != 0:
            raise PackageError(f"The package does not start:\n{done.stderr}")
        times.append(float(done.stdout))
    return statistics.median(times)


def describe(package: Package) -> str:
    """The results of `make package`, as text."""
    missing = "this Python is not installed"
    start = f"{package.import_ms:.0f} ms of processor time" if package.import_ms else f"{missing}: use --measure"
    lines = [
        f"package      {package.path}",
        f"size         {package.size / 1e6:.1f} MB, unpacked {package.unpacked / 1e6:.1f} MB in {package.files} files",
        f"compiled     {'yes' if package.compiled else f'no ({missing}): first starts take longer'}",
        f"cold import  {start}",
        f"sha256       {package.sha256}",
    ]
    return "\n".join(lines)


def measured_here() -> Package:
    """Build a package for the Python that runs this program, to measure the import if Azure's is not installed."""
    with tempfile.TemporaryDirectory() as directory:
        return build(Path(directory) / "package.zip", f"{sys.version_info.major}.{sys.version_info.minor}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Build the package that is deployed.")
    parser.add_argument("--python", default="3.13", help="Python version in Azure (infra/bicep/modules/app.bicep)")
    parser.add_argument("--output", type=Path, default=ROOT / "infra" / "build" / "package.zip")
    parser.add_argument("--measure", action="store_true", help="measure with this Python if Azure's is not installed")
    arguments = parser.parse_args()
    try:
        package = build(arguments.output, arguments.python)
        other = measured_here() if arguments.measure and package.import_ms is None else None
    except PackageError as error:
        sys.exit(str(error))
    sys.stdout.write(describe(package) + "\n")
    if other:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        size = f"{other.size / 1e6:.1f} MB, unpacked {other.unpacked / 1e6:.1f} MB"
        sys.stdout.write(f"with Python {version}, compiled: {size}; cold import {other.import_ms:.0f} ms\n")


if __name__ == "__main__":
    main()
