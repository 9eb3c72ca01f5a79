"""Runs the command line as a user would."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from typer.testing import Result

Cli: TypeAlias = Callable[..., Result]
File: TypeAlias = Callable[[str], Path]
