"""Integrations: their settings, and how these are checked and stored.

settings/       every setting, one module per section of the admin's form: type, default, limits, help
integration.py  all sections as one immutable record
draft.py        a proposed record from the received fields: types and limits
checks.py       what may be saved; syntax.py the syntax of strings; conditions.py when a setting is required, as data
store.py        create, read, change, delete; table.py the transactions, rows.py the columns, cache.py the cache
service_sign_in.py  the stored sign-in of an OAuth service account; stale_sign_in.py ends it when settings change
manifest.py     when the add-in's manifest must be installed again, and whether this was done
settings_docs.py  generates docs/settings.md
"""

from shared.integrations.checks import validate
from shared.integrations.integration import Integration
from shared.integrations.settings.metadata import ExchangeDomain
from shared.integrations.store import IntegrationStore

__all__ = ["ExchangeDomain", "Integration", "IntegrationStore", "validate"]
