"""Prompts for the settings that an integration requires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

import typer

from shared.cli import show
from shared.cli.checking import sendable
from shared.cli.reading import FromEnvironment
from shared.errors import SettingsInvalid
from shared.integrations import Integration, validate
from shared.integrations.integration import SECRET_FIELDS
from shared.integrations.setting import setting_of

_SUGGESTED = {"authentication_method": "GRAPH"}
_FIRST = ("name", "authentication_method")
"""Settings that are asked for first, because they determine which others are required."""


def ask_settings(*, local: bool) -> dict[str, Any]:
    """Ask for all settings that an integration requires. Secrets are returned as FromEnvironment. Raises typer.Abort if
    the user cancels.
    """
    given: dict[str, Any] = {}
    for name in _FIRST:
        given[name] = _ask(name)
    while wrong := _faults(given, local):
        name = min(wrong, key=list(Integration.model_fields).index)
        if name in given:
            show.note("; ".join(wrong[name]))
        given[name] = _ask(name)
    return given


def _faults(given: Mapping[str, Any], local: bool) -> dict[str, list[str]]:
    known = {name: "given" if isinstance(value, FromEnvironment) else value for name, value in given.items()}
    try:
        validate(sendable(known), local=local)
    except SettingsInvalid as refused:
        return {name: messages for name, messages in refused.faults.items() if name in Integration.model_fields}
    return {}


def _ask(name: str) -> Any:
    field = Integration.model_fields[name]
    setting = setting_of(field)
    typer.echo(f"\n{setting.label}\n  {setting.help}", err=True)
    if name in SECRET_FIELDS:
        variable = typer.prompt("  Name of its environment variable", default=name.upper(), err=True)
        return FromEnvironment(variable.strip())
    if choices := _choices(field.annotation):
        answer = typer.prompt(
            f"  One of {', '.join(choices)}", default=_SUGGESTED.get(name, str(field.default)), err=True
        )
        return answer.strip().upper()
    if name == "domains":
        answer = typer.prompt("  Separated by commas", err=True)
        return [each.strip() for each in answer.split(",") if each.strip()]
    return typer.prompt("  ", prompt_suffix="> ", err=True).strip()


def _choices(annotation: Any) -> tuple[str, ...]:
    return tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()
