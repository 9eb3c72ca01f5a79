"""Integrations: their settings, how these are checked, and how they are stored.

settings/       every setting, one module per section of the admin's form: type, default, limits, help
integration.py  all sections as one immutable record
draft.py        from received fields to a proposed record: types and limits
checks.py       what may be saved; syntax.py the syntax of texts; conditions.py what is required when, as data
store.py        create, read, change, delete; table.py the transactions, rows.py the columns, cache.py
service_sign_in.py the sign-in of an OAuth service account as it is stored; stale_sign_in.py how it ends
manifest.py     when the add-in's manifest must be installed again, and whether this was done
settings_docs.py  generates docs/settings.md
"""

from shared.integrations.checks import validate
from shared.integrations.integration import Integration
from shared.integrations.settings.metadata import ExchangeDomain
from shared.integrations.store import IntegrationStore

__all__ = ["ExchangeDomain", "Integration", "IntegrationStore", "validate"]
