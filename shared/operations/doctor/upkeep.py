"""Examines what an admin has to do from time to time: install the manifest, extend the number space, deal with poison
messages.
"""

import json

from shared.alarms import Alarm
from shared.aliases.allocation import NEARLY_FULL
from shared.api_paths import CONFIGURATION, uri
from shared.integrations import Integration
from shared.integrations.combinations import combination_faults
from shared.integrations.domains import lacks_domains
from shared.operations.doctor.finding import OPERATIONS_PATH, Check, Finding, Place, problem, sound

DOMAINS_PATH = uri(CONFIGURATION, "exchange_domain")


def judge_combinations(integration: Integration, place: Place) -> Finding:
    """Judge whether an earlier version saved contradictory settings, which this version would reject."""
    faults = combination_faults(integration)
    if not faults:
        return sound(Check.SETTINGS, "No setting contradicts another.")
    details = " ".join(f"{field}: {' '.join(messages)}" for field, messages in sorted(faults.items()))
    return problem(Check.SETTINGS, details, place.curl("PATCH", "", json.dumps(dict.fromkeys(sorted(faults), "VALUE"))))


def judge_manifest(integration: Integration, place: Place) -> Finding:
    """Judge from admins' acknowledgements whether the installed manifest is the current one (I6)."""
    revision = integration.manifest_revision
    if not integration.manifest_reinstall_needed:
        return sound(Check.MANIFEST, f"Revision {revision} is installed.")
    remedy = (
        f"curl -sS -o manifest.xml '{place.base_url}/addin/{integration.uuid}/manifest.xml'  # install it, then: "
        + place.curl("POST", "manifest_installed/", f'{{"manifest_revision": {revision}}}')
    )
    details = f"The manifest has changed (revision {revision}), and its installation has not been acknowledged."
    return problem(Check.MANIFEST, details, remedy)


def judge_domains(integration: Integration, place: Place) -> Finding:
    """Judge whether Exchange identity tokens can be verified, for integrations whose add-in signs in with them."""
    if not lacks_domains(integration):
        return sound(Check.DOMAINS, f"Metadata domains: {', '.join(entry.domain for entry in integration.domains)}.")
    body = json.dumps({"domain": "mail.example.com", "exchange_connector": place.connector})
    details = "No metadata domain is set: add-in sign-in does not work until the first one is added."
    return problem(Check.DOMAINS, details, place.curl("POST", DOMAINS_PATH, body))


def judge_number_space(share: float, integration: Integration, place: Place) -> Finding:
    """Judge how much of the number space is in use. `share` is between 0 and 1, and estimated from a sample."""
    length = integration.scheduled_alias_suffix_length
    details = f"About {share:.0%} of the numbers of {length} digits are in use."
    if share < NEARLY_FULL:
        return sound(Check.NUMBER_SPACE, details)
    body = f'{{"scheduled_alias_suffix_length": {min(length + 1, 15)}}}'
    return problem(Check.NUMBER_SPACE, details, place.curl("PATCH", "", body))


def judge_poison(alarm: Alarm | None, place: Place) -> Finding:
    """Judge whether a message ended up in the poison queue because it could not be processed."""
    if alarm is None:
        return sound(Check.POISON, "No poison messages.")
    correlation = alarm.cause.removeprefix("Correlation id ").removesuffix(".")
    path = f"{OPERATIONS_PATH}?transaction_uuid={correlation}"
    return problem(
        Check.POISON,
        f"A message was moved to the poison queue on {alarm.since}. {alarm.cause}",
        place.curl("GET", path),
    )
