"""dev/setup.py: what it installs, and when it does nothing."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dev import setup


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The titles of the commands that are run, on a project folder of its own where every command succeeds."""
    done: list[str] = []
    places = {"ROOT": "", "VENV": "", "NODE": "", "PYTHON": "python", "STAMP": "s", "VENDOR": "vendor"}
    for name, path in places.items():
        monkeypatch.setattr(setup, name, tmp_path / path)
    locks = tuple(tmp_path / name for name in ("requirements-dev.txt", "package-lock.json"))
    for lock in locks:
        lock.write_text("locked")
    monkeypatch.setattr(setup, "INPUTS", locks)

    def run(title: str, *command: object, **_: object) -> None:
        done.append(title)
        (tmp_path / "python").touch()
        (tmp_path / "node_modules").mkdir(exist_ok=True)
        (tmp_path / "node_modules" / "library.js").write_text("a library")

    monkeypatch.setattr(setup, "LIBRARIES", {"library.js": "library.js"})
    monkeypatch.setattr(setup, "run", run)
    monkeypatch.setattr(setup, "machine_has_node", lambda: True)
    monkeypatch.setattr(setup, "npm", lambda: ["npm"])
    return done


def test_the_second_time_nothing_is_done(steps: list[str]) -> None:
    setup.main()
    first = list(steps)
    assert len(first) == 4
    setup.main()
    assert steps == first


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "package-lock.json").write_text("newer"),
        lambda folder: (folder / "python").unlink(),
        lambda folder: shutil.rmtree(folder / "node_modules"),
        lambda folder: (folder / "vendor" / "library.js").unlink(),
        lambda folder: (folder / "s").unlink(),
    ],
    ids=["lock file", "no python", "no node modules", "no library", "unfinished"],
)
def test_what_has_changed_is_installed(steps: list[str], tmp_path: Path, change: Callable[[Path], object]) -> None:
    setup.main()
    steps.clear()
    change(tmp_path)
    setup.main()
    assert len(steps) == 4


def test_a_machine_without_node_gets_one(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "machine_has_node", lambda: False)
    setup.main()
    assert "Installing Node" in steps


def test_an_installation_that_fails_is_not_taken_for_done(
    steps: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(title: str, *command: object, **_: object) -> None:
        sys.exit(f"{title} failed")

    with monkeypatch.context() as patch:
        patch.setattr(setup, "run", fail)
        with pytest.raises(SystemExit, match="failed"):
            setup.main()
    assert not (tmp_path / "s").exists()
    setup.main()
    assert len(steps) == 4


def test_an_old_python_is_told_in_one_sentence(steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    monkeypatch.setattr(sys, "version", "3.10.13 (main)")
    with pytest.raises(SystemExit, match=r"^Python 3\.11 or newer is needed, this is 3\.10\.13: .*\.$"):
        setup.main()
    assert steps == []


def test_a_command_that_fails_ends_the_program(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="Trying failed"):
        setup.run("Trying", sys.executable, "-c", "raise SystemExit('a reason')")
    assert "a reason" in capfd.readouterr().err
