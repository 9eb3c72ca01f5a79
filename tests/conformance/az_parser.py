"""Passes command lines to the real Azure CLI's own parser, without running them. Runs with the CLI's Python.

Standard input: a JSON list of command lines, each a list of words without "az". Standard output: the CLI's version, and
the parser's message for each line, "" if the parser accepts it.
"""

import importlib
import json
import sys
from typing import Any


def complaint(cli: Any, words: list[str]) -> str:
    """The parser's message about a command line, as `az` would print it before running the command."""
    invocation = cli.invocation_cls(
        cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls
    )
    cli.invocation = invocation
    loader = invocation.commands_loader
    loader.load_command_table(words)
    command = invocation._rudimentary_get_command(words)
    invocation.data["command_string"] = loader.command_name = command
    loader.load_arguments(command)
    invocation.parser.load_command_table(loader)
    try:
        invocation.parser.parse_args(words)
    except SystemExit as end:
        return f"refused with exit code {end.code}"
    return ""


def main() -> None:
    """The program."""
    core = importlib.import_module("azure.cli.core")  # not installed in the tests
    cli = core.get_default_cli()
    answers = [complaint(cli, words) for words in json.load(sys.stdin)]
    json.dump({"version": core.__version__, "complaints": answers}, sys.stdout)


if __name__ == "__main__":
    main()
