"""Values for previewing an integration's templates. They contain the integration's own aliases and host names rather
than generic samples (T4).
"""

from collections.abc import Mapping
from datetime import datetime

from shared.clock import Clock
from shared.integrations import Integration
from shared.templates import FIELDS, Preview, preview
from shared.templates.catalogue import SAMPLES

_DIGITS = "123456789012345678901234567890"


def preview_for(integration: Integration, name: str, text: str, values: Mapping[str, object], clock: Clock) -> Preview:
    """The template rendered with the given values, as this integration's users would see it."""
    own = {
        variable: value for variable, value in own_samples(integration).items() if variable in FIELDS[name].variables
    }
    return preview(name, text, {**own, **values}, clock=clock)


def values_shown(integration: Integration, name: str) -> dict[str, object]:
    """The values of a template's variables, as JSON. Admins can change them to try out the template."""
    known = {**SAMPLES, **own_samples(integration)}
    return {variable: _json(known[variable]) for variable in FIELDS[name].variables}


def _json(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case tuple():
            return list(value)
    return value


def own_samples(integration: Integration) -> dict[str, object]:
    """The variables whose values are derived from the settings."""
    found: dict[str, object] = {}
    if integration.addin_server_domain:
        found["addin_server_domain"] = integration.addin_server_domain
    if domain := integration.scheduled_alias_domain:
        digits = _DIGITS[: integration.scheduled_alias_suffix_length]
        number = f"{integration.scheduled_alias_prefix or ''}{digits}".lower()
        found |= {"alias": f"{number}@{domain}", "numeric_alias": number}
        found |= {name: [_at(alias, domain) for alias in _texts(name)] for name in ("aliases", "domain_aliases")}
    return found


def _texts(name: str) -> tuple[str, ...]:
    sample = SAMPLES[name]
    return tuple(map(str, sample)) if isinstance(sample, tuple) else ()


def _at(alias: str, domain: str) -> str:
    """The alias with its domain, if any, replaced by the given one."""
    local, at, _ = alias.partition("@")
    return f"{local}{at}{domain if at else ''}"
