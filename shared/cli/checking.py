"""Checks an integrations file as far as possible without calling the deployment."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from shared.cli.environment import resolved, without_secrets
from shared.cli.faults import Fault, FileRefused
from shared.cli.reading import Entry
from shared.errors import SettingsInvalid
from shared.integrations import Integration, validate
from shared.integrations.draft import draft
from shared.integrations.integration import READ_ONLY_FIELDS, SECRET_FIELDS

_LINE_END = re.compile(r"\r\n?|\n")
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def every(items: Iterable[_Item], do: Callable[[_Item], _Result]) -> list[_Result]:
    """The results of `do` for each item. Raises FileRefused with the problems in all items, not only those in the
    first.
    """
    results: list[_Result] = []
    faults: list[Fault] = []
    for item in items:
        try:
            results.append(do(item))
        except FileRefused as refused:
            faults += refused.faults
    if faults:
        raise FileRefused(faults)
    return results


def validated(entries: Sequence[Entry], environ: Mapping[str, str], *, local: bool, partial: bool = False) -> None:
    """Check integrations without a deployment. They must be complete, like new ones, unless `partial`.

    Raises FileRefused.

    `partial`: they change existing integrations, so settings may be left out. `local`: they are for a local stack,
    where loopback hosts may be configured.
    """

    def check(entry: Entry) -> None:
        ready = resolved(without_secrets(entry), environ)
        found = _faults(ready, local)
        if found and partial:
            found = [fault for fault in found if fault.field in ready.fields]
        if found:
            raise FileRefused(found)

    rules: list[Callable[[], object]] = [lambda: every(entries, check), lambda: refuse_doubles(entries)]
    every(rules, lambda judge: judge())


def _faults(entry: Entry, local: bool) -> list[Fault]:
    """The problems with a new integration. A misspelt setting is reported once and then treated as the setting that was
    probably meant.
    """
    meant = {name: near for name in entry.fields if (near := _meant(name)) and near not in entry.fields}
    fields = {meant.get(name, name): value for name, value in entry.fields.items()}
    misspelt = entry.faults({name: [f"There is no such setting. Did you mean {near}?"] for name, near in meant.items()})
    try:
        validate(sendable(fields), local=local)
    except SettingsInvalid as refused:
        return misspelt + _with_hints(replace(entry, fields=fields), refused.faults, meant)
    return misspelt


def proposed(entry: Entry) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings and secrets of an integration in a file, each valid for its field. Raises FileRefused."""
    wanted = draft(sendable(entry.fields))
    if wanted.faults:
        raise FileRefused(_with_hints(entry, wanted.faults))
    settings = wanted.integration.resource()
    values = {name: settings[name] for name in wanted.given - SECRET_FIELDS}
    if "domains" in values:
        values["domains"] = [{"domain": each.domain} for each in wanted.integration.domains]
    return values, {name: secret.get_secret_value() for name, secret in wanted.secrets.items()}


def sendable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as sent: without read-only ones, with CR LF in strings, and with only the names of metadata domains."""
    sent = {name: value for name, value in fields.items() if name not in READ_ONLY_FIELDS}
    texts = {
        name: _LINE_END.sub("\r\n", value)
        for name, value in sent.items()
        if isinstance(value, str) and name not in SECRET_FIELDS
    }
    domains = sent.get("domains")
    listed = {"domains": [_domain(each) for each in domains]} if isinstance(domains, list) else {}
    return sent | texts | listed


def comparable(name: str, value: Any) -> Any:
    """A field's value normalized for comparison: with uniform line endings, and without ids and times."""
    if name == "domains":
        return [each["domain"] for each in value or ()]
    return _LINE_END.sub("\n", value) if isinstance(value, str) else value


def refuse_doubles(entries: Sequence[Entry]) -> None:
    """Raise FileRefused if two integrations in the files are the same, or share a mailbox (I1).

    `apply` finds an integration by its name if the file has no uuid.
    """
    faults: list[Fault] = []
    for field in ("uuid", "name", "room_mailbox_email_address"):
        seen: dict[str, Entry] = {}
        for entry in entries:
            value = entry.fields.get(field)
            if not isinstance(value, str) or not value or (field == "name" and entry.fields.get("uuid")):
                continue
            key = value if field == "name" else value.lower()
            other = seen.setdefault(key, entry)
            if other is not entry:
                where = f"{other.file}:{other.places[field].line}"
                faults.append(entry.fault(field, f"is already used by the integration in {where}."))
    if faults:
        raise FileRefused(faults)


def _domain(entry: Any) -> Any:
    """An entry in `domains`, without the read-only parts of an API response; a plain string is taken to be its name."""
    if isinstance(entry, str):
        return {"domain": entry}
    return {"domain": entry["domain"]} if isinstance(entry, dict) and "domain" in entry else entry


def _with_hints(
    entry: Entry, faults: Mapping[str, Sequence[str]], meant: Mapping[str, str] | None = None
) -> list[Fault]:
    """The problems. For an unknown setting, the setting that was probably meant is suggested.

    `meant` maps misspelt names in the file to the settings they were taken for; problems are reported under the
    misspelt name.
    """
    hinted = {name: [f"{message}{_hint(name, entry.fields.get(name))}" for message in m] for name, m in faults.items()}
    written = {near: name for name, near in (meant or {}).items()}
    return entry.faults({written.get(name, name): messages for name, messages in hinted.items()})


def _hint(name: str, value: Any) -> str:
    if name in Integration.model_fields:
        is_text = Integration.model_fields[name].annotation in (str, str | None)
        return " Put it in quotes." if is_text and type(value) in (int, float) else ""
    near = _meant(name)
    return f" Did you mean {near}?" if near else ""


def _meant(name: str) -> str:
    """The setting that an unknown name was probably meant to be; "" if it is the name of a setting, or if none is
    similar.
    """
    if name in Integration.model_fields:
        return ""
    return next(iter(difflib.get_close_matches(name, Integration.model_fields.keys() - READ_ONLY_FIELDS, n=1)), "")
