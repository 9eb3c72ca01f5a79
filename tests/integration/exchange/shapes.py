"""Compares the shape of served JSON with a sample: every property in the sample must be present, with the same JSON
type.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.support import shared_data

Json = dict[str, Any]

_CATEGORIES = {"categories": "no simulated message has categories"}
_PROPOSED = {"attendees[].proposedNewTime": "the response's message contains the proposal; tracking does not"}
_PLACES = {
    "locations[].address": "a simulated location is one line of text",
    "locations[].coordinates": "a simulated location is one line of text",
}
#: Properties that a sample contains but the simulation does not serve, each with the reason.
NOT_SERVED: dict[str, dict[str, str]] = {
    "real__eventMessageRequest_seriesMaster_2023_listitem": _CATEGORIES,
    "docs__series_master_cancelled_and_exception_occurrences": {
        "exceptionOccurrences[].Subject": "the documentation capitalizes it; the service writes `subject`"
    },
    "graph__webhooks__03": {"value[].id": "a sample from 2016; newer notifications have no id"},
    "graph__event-get__01": _PROPOSED,
    "graph__event-get__02": _PLACES,
}
#: Properties that may be null in the sample and have a value in the response, or vice versa.
_NULLABLE = {
    "notificationContentType",
    "lifecycleNotificationUrl",
    "includeResourceData",
    "encryptionCertificate",
    "encryptionCertificateId",
    "clientState",
    "recurrence",
    "isDeliveryReceiptRequested",
    "seriesMasterId",
    "occurrenceId",
}


def sample(name: str) -> Json:
    """The sample with the given name. Skips the test if it is missing."""
    document: Json = json.loads(shared_data(f"data/graph-samples/{name}.json").read_text())
    return document


def check_shape(name: str, served: Json) -> Json:
    """Assert that a response has every property in a sample, and return the sample for further checks."""
    wanted = sample(name)
    assert set(differences(wanted, served)) == {f"{path} is missing" for path in NOT_SERVED.get(name, {})}
    return wanted


def differences(wanted: Any, served: Any, path: str = "") -> Iterator[str]:
    """The properties in ``wanted`` that ``served`` lacks or has with a different type."""
    if isinstance(wanted, dict) and isinstance(served, dict):
        yield from _of_objects(wanted, served, path)
    elif isinstance(wanted, list) and isinstance(served, list):
        yield from _of_lists(wanted, served, path)
    elif type(wanted) is not type(served) and not _may_be_null(wanted, served, path):
        yield f"{path}: {type(wanted).__name__} in the sample, {type(served).__name__} served"


def _of_objects(wanted: Json, served: Json, path: str) -> Iterator[str]:
    for key, value in wanted.items():
        below = f"{path}.{key}".lstrip(".")
        if key in served:
            yield from differences(value, served[key], below)
        else:
            yield f"{below} is missing"


def _of_lists(wanted: list[Any], served: list[Any], path: str) -> Iterator[str]:
    """Compare each element of the sample with the first element served."""
    if wanted and not served:
        yield f"{path} is missing"
    for element in wanted if served else []:
        yield from differences(element, served[0], f"{path}[]")


def _may_be_null(wanted: Any, served: Any, path: str) -> bool:
    return (wanted is None or served is None) and path.rpartition(".")[2] in _NULLABLE
