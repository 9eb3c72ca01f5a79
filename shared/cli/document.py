"""Makes the list of commands in docs/cli.md: `python -m shared.cli.document` in the project's root."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

import typer

from shared.cli.__main__ import app

PATH = Path("docs/cli.md")
MARK = "<!-- From here on made by python -m shared.cli.document -->\n"


def commands() -> dict[str, Any]:
    """Every command by the words that call it, such as "integrations apply"; "" is the program itself."""
    return dict(_below("", typer.main.get_command(app)))


def page(present: str) -> str:
    """The page with its list of commands brought up to date."""
    return present.partition(MARK)[0] + MARK + "\n" + "\n".join(_list())


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield words, command
    if is_group(command):
        for name in command.list_commands(None):
            yield from _below(f"{words} {name}".strip(), command.get_command(None, name))


def is_group(command: Any) -> bool:
    """Whether it holds commands, rather than being one."""
    return hasattr(command, "list_commands")


def _list() -> Iterator[str]:
    for words, command in commands().items():
        if not words:
            yield "## Options of all commands\n\nThey come before the command's name.\n"
            yield from _options(command)
        elif not is_group(command):
            yield f"## `{' '.join([words, *_arguments(command)])}`\n"
            yield cleandoc(command.help) + "\n"
            yield from _options(command)


def _arguments(command: Any) -> Iterator[str]:
    return (str(parameter.metavar) for parameter in command.params if parameter.param_type_name == "argument")


def _options(command: Any) -> Iterator[str]:
    options = [each for each in command.params if each.param_type_name == "option" and "completion" not in each.name]
    for option in options:
        variable = f" Or `{option.envvar}`." if option.envvar else ""
        yield f"- `{'`, `'.join(option.opts)}`: {option.help}{variable}"
    if options:
        yield ""


if __name__ == "__main__":
    PATH.write_text(page(PATH.read_text(encoding="utf-8")), encoding="utf-8")
