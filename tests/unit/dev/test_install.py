"""The packages that `make` installs for each purpose, and the messages that users see."""

import re
import sys
from pathlib import Path

import pytest

from dev import setup
from dev.install import parts, places
from dev.install.browser import chromium
from dev.install.parts import locked, uv_environment
from dev.install.session import installing
from dev.install.steps import SetupError, Steps


def packages(lock: Path) -> dict[str, str]:
    """The versions pinned in a lock file. A package pinned differently for two versions of Python has both."""
    found: dict[str, str] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE):
        found[name] = f"{found.get(name, '')} {version}".strip()
    return found


def test_the_requirements_for_tests_include_those_for_running() -> None:
    running, tests = packages(places.RUN_LOCK), packages(places.TEST_LOCK)
    assert running.items() <= tests.items()
    assert running.items() >= packages(places.ROOT / "requirements.txt").items()


def test_running_does_not_require_test_tools() -> None:
    assert not {"pytest", "mypy", "ruff", "playwright", "msgraph-sdk", "duckdb", "hypothesis"} & set(
        packages(places.RUN_LOCK)
    )


def test_uv_comes_from_the_lock_file_with_its_hashes() -> None:
    lines = locked(places.RUN_LOCK.read_text(), "uv").splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", lines[0])
    assert len(lines) > 2
    assert all(re.match(r"    (--hash=sha256:[0-9a-f]{64}|# via)|    #   ", line) for line in lines[1:])


def test_a_lock_file_without_uv_is_reported_with_the_remedy() -> None:
    with pytest.raises(SetupError, match="make lock"):
        locked("uvicorn==1 \\\n    --hash=sha256:00\n", "uv")


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, {}),
        ({"PIP_INDEX_URL": "https://index.example"}, {"UV_DEFAULT_INDEX": "https://index.example"}),
        ({"PIP_INDEX_URL": "https://a.example", "UV_DEFAULT_INDEX": "https://b.example"}, {}),
        ({"PIP_CERT": "/ca.pem"}, {"SSL_CERT_FILE": "/ca.pem"}),
    ],
)
def test_uv_uses_the_users_settings_for_pip(environ: dict[str, str], told: dict[str, str]) -> None:
    assert uv_environment(environ) == told


def test_node_is_installed_first_if_the_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "machine_has_node", lambda: True)
    assert [[part.title for part in lane] for lane in parts.lanes(parts.for_tests())] == [
        ["Python environment", "Python packages", "Command line"],
        ["Azurite", "Libraries for pages", "Checks for the pane"],
        ["Chromium"],
    ]
    monkeypatch.setattr(parts, "machine_has_node", lambda: False)
    assert [part.title for part in parts.lanes(parts.for_running())[0]] == [
        "Python environment",
        "Python packages",
        "Command line",
        "Azurite",
        "Libraries for pages",
    ]


def test_an_environment_whose_node_was_removed_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment was created while the machine had Node, which has since been removed."""
    packages = parts.PythonPackages(places.RUN_LOCK)
    monkeypatch.setattr(parts.PythonEnvironment, "ready", lambda self: True)
    monkeypatch.setattr(parts.PythonPackages, "_stamped", lambda self: parts._contents(places.RUN_LOCK))
    monkeypatch.setattr(parts, "node_is_there", lambda: True)
    assert packages.ready()
    monkeypatch.setattr(parts, "node_is_there", lambda: False)
    assert not packages.ready()


def test_a_python_that_is_too_old_is_reported_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    monkeypatch.setattr(sys, "version", "3.10.13 (main)")
    with pytest.raises(SystemExit, match=r"^Python 3\.11 or newer is needed, but this is 3\.10\.13: .*\.$"):
        setup.main([])


def test_the_error_about_an_unknown_purpose_contains_its_name() -> None:
    with pytest.raises(SystemExit, match=r"'walk' cannot be set up\. Choose one of: run, test\."):
        installing("walk")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("error: No space left on device (os error 28)", "the disk is full"),
        ("npm error code EAI_AGAIN", "the network or a package registry cannot be reached"),
        ("The virtual environment was not created because ensurepip is not available.", r".*python3-venv\)"),
        ("one\nan unknown reason\n\n", r"an unknown reason \(exit 3\)"),
        ("", "exit 3"),
    ],
)
def test_a_command_that_fails_is_reported_with_its_cause(tmp_path: Path, said: str, cause: str) -> None:
    with (tmp_path / "lock").open("w") as lock:
        steps = Steps(tmp_path, ["A step"], lock.fileno())
        program = f"print({said!r}); raise SystemExit(3)"
        with pytest.raises(SetupError, match=f"^A step failed: {cause}. Details are in .*a-step.log.$"):
            steps.run("A step", sys.executable, "-c", program, cwd=tmp_path)


def test_no_further_step_starts_once_the_installation_is_ending(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        steps = Steps(tmp_path, ["A step"], lock.fileno())
        steps.end()
        with pytest.raises(SetupError, match="ending"):
            steps.run("A step", "touch", tmp_path / "started", cwd=tmp_path)
    assert not (tmp_path / "started").exists()


def test_a_variable_can_choose_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/opt/chrome")
    assert chromium() == "/opt/chrome"
