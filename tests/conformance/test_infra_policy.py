"""Requirements that every deployment must meet, regardless of other changes to the templates."""

from typing import Any

import pytest

from shared.queues import QUEUES
from shared.storage import TABLES
from tests.conformance.bicep import BICEP, FILES, INFRA, Expression, load
from tests.support.imports import imported, is_within, modules

TABLE_ROWS = "rows of tables (a custom role)"
ROLE_OF = {
    "azure.data.tables": {TABLE_ROWS},
    "azure.storage.queue": {"Storage Queue Data Message Sender"},
    "azure.keyvault.secrets": {"Key Vault Secrets Officer"},
}
"""The roles that the code needs, keyed by the library that it uses."""
NO_ROLE = {"azure.functions", "azure.core", "azure.identity"}
OF_THE_HOST = {
    "Storage Blob Data Owner",
    "Storage Queue Data Reader",
    "Storage Queue Data Message Processor",
    "Storage Queue Data Message Sender",
    "Monitoring Metrics Publisher",
}
ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "19e7f393-937e-4f77-808e-94535e297925": "Storage Queue Data Reader",
    "8a0f0c08-91a1-4084-bc3d-661d67233fed": "Storage Queue Data Message Processor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}


def module(name: str) -> Any:
    return load(BICEP / "modules" / f"{name}.bicep")


def test_storage_has_no_keys_no_public_blobs_and_no_plain_http() -> None:
    properties = module("storage").resource("Microsoft.Storage/storageAccounts")["properties"]
    assert properties["allowSharedKeyAccess"] is False
    assert properties["allowBlobPublicAccess"] is False
    assert properties["allowCrossTenantReplication"] is False
    assert properties["supportsHttpsTrafficOnly"] is True
    assert properties["minimumTlsVersion"] == "TLS1_2"
    container = module("storage").resource("Microsoft.Storage/storageAccounts/blobServices/containers")
    assert container["properties"]["publicAccess"] == "None"


def test_exactly_the_tables_and_queues_that_the_code_uses_are_created() -> None:
    storage = module("storage")
    assert storage.variables["tables"] == list(TABLES)
    assert storage.variables["queues"] == list(QUEUES)
    assert "[for tableName in tables:" in storage.path.read_text()
    assert "[for queueName in queues:" in storage.path.read_text()
    assert {f"{queue}-poison" for queue in QUEUES if not queue.endswith("-poison")} <= set(QUEUES)


def test_the_app_accepts_only_https_and_no_publishing_password() -> None:
    site = module("app").resource("Microsoft.Web/sites")
    assert site["properties"]["httpsOnly"] is True
    assert site["properties"]["siteConfig"]["minTlsVersion"] == "1.2"
    assert site["properties"]["siteConfig"]["scmMinTlsVersion"] == "1.2"
    assert site["properties"]["siteConfig"]["ftpsState"] == "Disabled"
    assert site["properties"]["siteConfig"]["remoteDebuggingEnabled"] is False
    publishing = module("app").resource("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert publishing["properties"]["allow"] is False
    assert "[for kind in ['ftp', 'scm']:" in module("app").path.read_text()


def test_the_app_runs_on_flex_consumption_with_python_3_13_and_one_identity() -> None:
    app = module("app")
    assert app.resource("Microsoft.Web/serverfarms")["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    site = app.resource("Microsoft.Web/sites")
    assert site["identity"]["type"] == "UserAssigned"
    assert list(site["identity"]["userAssignedIdentities"]) == ["${identityResourceId}"]
    assert site["properties"]["keyVaultReferenceIdentity"] == Expression("identityResourceId")
    config = site["properties"]["functionAppConfig"]
    assert config["runtime"] == {"name": "python", "version": "3.13"}
    assert config["deployment"]["storage"]["authentication"]["type"] == "UserAssignedIdentity"
    assert config["scaleAndConcurrency"]["triggers"]["http"]["perInstanceConcurrency"] >= 16


def test_the_vault_keeps_deleted_secrets_and_uses_roles() -> None:
    properties = module("vault").resource("Microsoft.KeyVault/vaults")["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert properties["enablePurgeProtection"] is True
    assert properties["softDeleteRetentionInDays"] == 90
    assert "accessPolicies" not in properties
    audit = module("vault").resource("Microsoft.Insights/diagnosticSettings")
    assert audit["properties"]["logs"] == [{"categoryGroup": "audit", "enabled": True}]


def test_telemetry_is_accepted_only_from_the_apps_identity() -> None:
    monitoring = module("monitoring")
    assert monitoring.resource("Microsoft.Insights/components")["properties"]["DisableLocalAuth"] is True
    workspace = monitoring.resource("Microsoft.OperationalInsights/workspaces")
    assert workspace["properties"]["features"]["disableLocalAuth"] is True


def test_every_azure_library_in_the_code_has_its_role_and_no_role_is_unused() -> None:
    files = [file for place in ("shared", "functions") for file in modules(place) if "cli" not in file.parts]
    asked = {module for file in files for module in imported(file) if is_within(module, "azure")}
    known = {*ROLE_OF, *NO_ROLE}
    assert not [name for name in asked - {"azure"} if not any(is_within(name, library) for library in known)]
    used = {library for library in ROLE_OF if any(is_within(name, library) for name in asked)}
    needed = set().union(*(ROLE_OF[library] for library in used))
    assert needed | OF_THE_HOST == {*ROLES.values(), TABLE_ROWS}


def test_the_app_has_exactly_the_roles_that_the_code_needs() -> None:
    assert set(module("storage").variables["roles"].values()) | {
        module("vault").variables["secretsOfficer"],
        module("monitoring").variables["monitoringMetricsPublisher"],
    } == set(ROLES)
    assignments = [
        (path.stem, resource.symbol, resource.body["properties"]["principalId"].text, resource.body["scope"].text)
        for path in FILES
        for resource in load(path).resources("Microsoft.Authorization/roleAssignments")
    ]
    assert assignments == [
        ("monitoring", "grant", "appPrincipalId", "insights"),
        ("storage", "grant", "appPrincipalId", "account"),
        ("storage", "tableGrant", "appPrincipalId", "account"),
        ("vault", "appGrant", "appPrincipalId", "vault"),
    ]


def test_the_app_can_neither_create_nor_delete_tables_or_queues() -> None:
    [permission] = module("storage").resource("Microsoft.Authorization/roleDefinitions")["properties"]["permissions"]
    assert permission["actions"] == []
    rows = "Microsoft.Storage/storageAccounts/tableServices/tables/entities/"
    assert {action.removeprefix(rows) for action in permission["dataActions"]} == {
        "read",
        "write",
        "delete",
        "add/action",
        "update/action",
    }
    assert "Storage Queue Data Contributor" not in ROLES.values()


@pytest.mark.parametrize(("name", "kept"), [("storage", "account"), ("vault", "vault")])
def test_resources_that_cannot_be_recreated_are_locked_by_default(name: str, kept: str) -> None:
    lock = module(name).resource("Microsoft.Authorization/locks")
    assert lock["properties"]["level"] == "CanNotDelete"
    assert lock["scope"] == Expression(kept)
    assert "locks@2020-05-01' = if (dataLock) {" in module(name).path.read_text()
    assert "param dataLock bool = true" in (BICEP / "main.bicep").read_text()


def test_the_plan_is_zone_redundant_if_storage_is() -> None:
    plan = module("app").resource("Microsoft.Web/serverfarms")
    assert plan["properties"]["zoneRedundant"] == Expression("zoneRedundant")
    assert "param zoneRedundant bool = contains(storageRedundancy, 'ZRS')" in (BICEP / "main.bicep").read_text()


def test_no_cloud_specific_host_is_hard_coded_where_azure_provides_it() -> None:
    clouds = ("core.windows.net", "vault.azure.net", "vaultcore.azure.net", "azurewebsites.net")
    assert not [
        (path.stem, cloud) for path in FILES for text in load(path).strings() for cloud in clouds if cloud in text
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_parameter_or_output_is_a_secret(path: Any) -> None:
    source = path.read_text()
    assert not [
        word for word in ("@secure", "listKeys", "listSecrets", "listAccountSas", "getSecret") if word in source
    ]
    names = load(path).names("parameter") + load(path).names("output")
    # An Application Insights connection string is only an address: writing there requires the app's identity, see
    # above.
    harmless = {"secretNames", "connectionString", "insightsConnectionString"}
    suspicious = ("secret", "key", "password", "token", "connectionstring")
    assert not [n for n in names if n not in harmless and any(word in n.lower() for word in suspicious)]


def test_the_private_network_closes_storage_and_vault_to_the_public() -> None:
    for name, type_, closed in (
        ("storage", "Microsoft.Storage/storageAccounts", "Disabled"),
        ("vault", "Microsoft.KeyVault/vaults", "disabled"),
    ):
        properties = module(name).resource(type_)["properties"]
        assert properties["publicNetworkAccess"].text.startswith(
            f"privateNetwork && empty(adminAddresses) ? '{closed}'"
        )
        assert properties["networkAcls"]["defaultAction"].text == "privateNetwork ? 'Deny' : 'Allow'"
        assert properties["networkAcls"]["bypass"] == "None"
    endpoints = module("endpoints").variables["endpoints"]
    assert {e["group"] for e in endpoints} == {"blob", "queue", "table", "vault"}
    subnets = module("network").resource("Microsoft.Network/virtualNetworks")["properties"]["subnets"]
    assert subnets[0]["properties"]["delegations"][0]["properties"]["serviceName"] == "Microsoft.App/environments"


def test_a_bound_host_name_never_loses_its_tls() -> None:
    """Only a new name is bound without TLS first. The final binding includes the certificate."""
    main, tls = load(INFRA / "domain" / "main.bicep"), load(INFRA / "domain" / "tls.bicep")
    bare = main.resource("Microsoft.Web/sites/hostNameBindings")
    assert bare["properties"]["sslState"] == "Disabled"
    assert "hostNameBindings@2024-11-01' = if (!isBound) {" in main.path.read_text()
    certificate = main.resource("Microsoft.Web/sites/certificates")
    assert certificate["dependsOn"] == [Expression("bare")]
    binding = tls.resource("Microsoft.Web/sites/hostNameBindings")
    assert binding["properties"]["sslState"] == "SniEnabled"
    assert binding["properties"]["thumbprint"] == Expression("thumbprint")
    assert "thumbprint: certificate.properties.thumbprint" in main.path.read_text()
