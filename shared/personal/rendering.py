"""Renders a personal VMR for the add-in: the four templates and their variables (P1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shared.integrations import Integration
from shared.templates import html_to_text, render

Listed: TypeAlias = Mapping[str, str]
"""An entry in the result of the call personal_vmrs: name, description, instructions, instructions_text, location."""


@dataclass(frozen=True)
class Vmr:
    """A VMR as templates see it, from our own store or a bridge. A missing PIN is ""."""

    name: str
    description: str
    service_type: str
    aliases: tuple[str, ...]
    pin: str
    guest_pin: str
    allow_guests: bool
    owners_email: str


def is_domain_alias(alias: str) -> bool:
    """Whether an alias includes @ followed by a domain."""
    return bool(alias.rpartition("@")[2]) and "@" in alias


def is_numeric_alias(alias: str) -> bool:
    """Whether an alias consists only of digits and can therefore be dialled on a telephone."""
    return alias.isascii() and alias.isdigit()


def variables(integration: Integration, vmr: Vmr) -> Mapping[str, object]:
    """The twelve variables of the personal VMR templates. Aliases are split into four lists as in the original, and
    keep their order in each list.
    """
    domain = [alias for alias in vmr.aliases if is_domain_alias(alias)]
    numeric = [alias for alias in vmr.aliases if is_numeric_alias(alias)]
    return {
        "aliases": vmr.aliases,
        "domain_aliases": domain,
        "numeric_aliases": numeric,
        "other_aliases": [alias for alias in vmr.aliases if alias not in domain and alias not in numeric],
        "addin_server_domain": integration.addin_server_domain,
        "name": vmr.name,
        "description": vmr.description,
        "service_type": vmr.service_type,
        "pin": vmr.pin,
        "allow_guests": vmr.allow_guests,
        "guest_pin": vmr.guest_pin,
        "owners_email": vmr.owners_email,
    }


def listed(integration: Integration, vmr: Vmr) -> Listed:
    """One VMR as listed by the add-in. Raises TemplateInvalid."""
    values = variables(integration, vmr)

    def made(part: str) -> str:
        template = f"personal_vmr_{part}_template"
        return render(template, getattr(integration, template), values)

    instructions = made("instructions")
    return {
        "name": made("name"),
        "description": made("description"),
        "instructions": instructions,
        "instructions_text": html_to_text(instructions),
        "location": made("location"),
    }


def joinable(vmrs: Sequence[Vmr]) -> list[Vmr]:
    """The VMRs that can be called, i.e. those with an alias, ordered by name."""
    return sorted((vmr for vmr in vmrs if vmr.aliases), key=lambda vmr: (vmr.name.casefold(), vmr.name))
