"""Converts integrations to `ms_exchange_connector` and `exchange_domain` objects, and received fields to what the store
expects.

Pure.
"""

from typing import Any

from shared.api_paths import CONFIGURATION, CONNECTOR, id_in, uri
from shared.integrations import ExchangeDomain, Integration
from shared.integrations.integration import SECRET_FIELDS
from shared.management.connector_schema import DOMAIN
from shared.management.resource import Object, Shown, time_text


def connector_uri(integration: Integration) -> str:
    """The integration's URI."""
    return uri(CONFIGURATION, CONNECTOR, integration.id)


def shown_connector(integration: Integration) -> Shown:
    """An integration as shown by the resource."""
    domains = [domain_object(integration, entry) for entry in integration.domains]
    secrets = {name: reference for name in SECRET_FIELDS if (reference := getattr(integration, name))}
    return Shown(integration.resource() | {"domains": domains}, f'"{integration.revision}"', secrets)


def domain_object(integration: Integration, entry: ExchangeDomain) -> Object:
    """An entry in an integration's `domains`, as an `exchange_domain` object."""
    return {
        "id": entry.id,
        "domain": entry.domain,
        "exchange_connector": connector_uri(integration),
        "creation_time": time_text(entry.creation_time),
        "resource_uri": uri(CONFIGURATION, DOMAIN, entry.id),
    }


def fields_to_store(received: Object) -> dict[str, Any]:
    """Received fields, with `domains` converted to what the store expects. Existing entries may be sent as URIs or as
    objects.
    """
    domains = received.get("domains")
    if not isinstance(domains, list):
        return dict(received)
    ids = [id_in(entry, CONFIGURATION, DOMAIN) for entry in domains]
    return {
        **received,
        "domains": [entry if id_ is None else {"id": id_} for entry, id_ in zip(domains, ids, strict=True)],
    }
