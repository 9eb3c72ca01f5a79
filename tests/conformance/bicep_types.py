"""Azure types that are missing from the shared type data, in the same form: name → (properties, required properties).

Taken from Microsoft's template reference: 2024-11-01 for Microsoft.Web (sites/hostNameBindings; sites/certificates has
the properties of certificates), 2022-04-01 for roleDefinitions, 2020-05-01 for locks.
"""

import json
from pathlib import Path
from typing import Any

TEXT = "string"
BINDING = {
    "azureResourceName": TEXT,
    "azureResourceType": ("Website", "TrafficManager"),
    "customHostNameDnsRecordType": ("A", "CName"),
    "domainId": TEXT,
    "hostNameType": ("Managed", "Verified"),
    "siteName": TEXT,
    "sslState": ("Disabled", "IpBasedEnabled", "SniEnabled"),
    "thumbprint": TEXT,
}
CERTIFICATE = {
    "canonicalName": TEXT,
    "domainValidationMethod": TEXT,
    "keyVaultId": TEXT,
    "keyVaultSecretName": TEXT,
    "password": TEXT,
    "serverFarmId": TEXT,
}
PERMISSION = {name: [TEXT] for name in ("actions", "notActions", "dataActions", "notDataActions")}
ROLE = {
    "assignableScopes": [TEXT],
    "description": TEXT,
    "permissions": [PERMISSION],
    "roleName": TEXT,
    "type": TEXT,
}
LOCK = {"level": ("CanNotDelete", "NotSpecified", "ReadOnly"), "notes": TEXT, "owners": [{"applicationId": TEXT}]}
LACKING: dict[str, dict[str, Any]] = {
    "microsoft.web/sites/hostnamebindings@2024-11-01": {"name": TEXT, "kind": TEXT, "properties": BINDING},
    "microsoft.web/sites/certificates@2024-11-01": {
        "name": TEXT,
        "kind": TEXT,
        "location": TEXT,
        "properties": CERTIFICATE,
    },
    "microsoft.authorization/roledefinitions@2022-04-01": {"name": TEXT, "properties": ROLE},
    "microsoft.authorization/locks@2020-05-01": {"name": TEXT, "properties": LOCK},
}
REQUIRED = {"name", "location"}


def completed(source: Path, target: Path) -> Path:
    """Write the shared type data, with these types added, to `target`."""
    data = json.loads(source.read_text())
    for name, properties in LACKING.items():
        data["resources"][name] = _added(data["types"], properties)
    target.write_text(json.dumps(data))
    return target


def _added(types: dict[str, Any], value: Any) -> str:
    """Adds a type and its components. Returns its key."""
    key = f"added-{len(types)}"
    types[key] = {}
    if isinstance(value, dict):
        properties = {
            name: {"type": {"ref": _added(types, part)}, "flags": int(name in REQUIRED)} for name, part in value.items()
        }
        types[key] = {"$type": "ObjectType", "properties": properties}
    elif isinstance(value, list):
        types[key] = {"$type": "ArrayType", "itemType": {"ref": _added(types, value[0])}}
    elif isinstance(value, tuple):
        types[key] = {"$type": "UnionType", "elements": [{"ref": _literal(types, choice)} for choice in value]}
    else:
        types[key] = {"$type": "StringType"}
    return key


def _literal(types: dict[str, Any], value: str) -> str:
    key = f"added-{len(types)}"
    types[key] = {"$type": "StringLiteralType", "value": value}
    return key
