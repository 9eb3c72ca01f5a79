"""Arguments shared by several commands: for selecting an integration, and for the output format."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from shared.cli.show import Output

Reference: TypeAlias = Annotated[str, typer.Argument(metavar="INTEGRATION", help="Name, UUID or id.")]
Form: TypeAlias = Annotated[
    Output, typer.Option("--output", "-o", help="The output format: human-readable text, or JSON.")
]


def group(help_: str | None = None) -> typer.Typer:
    """A command, or a group of commands, for shared/cli/__main__.py. Its help is plain text."""
    return typer.Typer(
        no_args_is_help=help_ is not None,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        help=help_,
    )
