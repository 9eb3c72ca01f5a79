"""The real installer, with a stand-in for the machine's Python. It can be made to pause between two steps."""

import os
import sys
import time
from pathlib import Path

from dev.install import browser, parts
from dev.setup import main

parts.MACHINE_PYTHON = str(Path(__file__).with_name("machine-python"))
browser.NAMES = ("chromium-of-the-test",) * 4
POINT, REACHED, GO = os.environ["POINT"], Path(os.environ["REACHED"]), Path(os.environ["GO"])


def _stop() -> None:
    REACHED.touch()
    while not GO.exists():
        time.sleep(0.01)


if POINT == "stamp":
    write = parts.write_whole

    def write_late(file: Path, text: str) -> None:
        if file.name == "packages":
            _stop()
        write(file, text)

    parts.write_whole = write_late

if POINT == "rename":
    rename = Path.rename

    def rename_late(self: Path, target: Path) -> Path:
        _stop()
        return rename(self, target)

    Path.rename = rename_late  # type: ignore[method-assign,assignment]

main(sys.argv[1:])
