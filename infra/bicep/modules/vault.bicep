// The vault: integrations' passwords, client secrets and refresh tokens, and the app's own secrets. Deleted secrets can
// be recovered for 90 days, whether they were deleted accidentally or maliciously (purge protection).

@description('Globally unique name, 24 characters at most.')
param name string

@description('Region.')
param location string

@description('Tags for all resources.')
param tags { *: string }

@description('Object id of the app\'s identity.')
param appPrincipalId string

@description('Whether the vault can only be reached through the virtual network.')
param privateNetwork bool

@description('Public addresses from which admins may reach it when privateNetwork is on.')
param adminAddresses string[]

@description('A lock prevents accidental deletion.')
param dataLock bool

@description('Log Analytics workspace of the audit log.')
param workspaceResourceId string

// Key Vault Secrets Officer: admins set secrets through the app (shared/secrets/vault.py), so the app also has to write
// and delete them. The person who deploys gets no role: infra/app_secrets.py writes the app's own secrets through Azure
// Resource Manager.
var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: privateNetwork && empty(adminAddresses) ? 'disabled' : 'enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      ipRules: [for address in adminAddresses: {
        value: address
      }]
    }
  }
}

resource appGrant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipalId, secretsOfficer)
  scope: vault
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficer)
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (dataLock) {
  name: 'keep'
  scope: vault
  properties: {
    level: 'CanNotDelete'
    notes: 'This contains the passwords of all integrations. docs/deploy.md, "Removing it", explains how to delete it.'
  }
}

// Logs who read which secret and when.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceResourceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

@description('Resource id.')
output resourceId string = vault.id

@description('Address, with a slash at its end.')
output uri string = vault.properties.vaultUri
