// The storage account: the product's tables and queues, the deployed package, and the Functions host's own blobs. The
// app may not create tables or queues, so a misspelt name cannot go unnoticed.

@description('Globally unique name: 3 to 24 lower-case letters and digits.')
param name string

@description('Region.')
param location string

@description('Tags for all resources.')
param tags { *: string }

@description('Redundancy of the data.')
param redundancy string

@description('Object id of the app\'s identity.')
param appPrincipalId string

@description('Whether the account can only be reached through the virtual network.')
param privateNetwork bool

@description('Public addresses from which admins may reach it when privateNetwork is on.')
param adminAddresses string[]

@description('A lock prevents accidental deletion.')
param dataLock bool

@description('Log Analytics workspace of the log of deleted blobs.')
param workspaceResourceId string

var tables = [
  'integrations'
  'aliases'
  'meetings'
  'personal'
  'statistics'
  'changes'
]

var queues = [
  'meeting-requests'
  'meeting-requests-poison'
  'rounds'
  'rounds-poison'
]

var roles = {
  // The Functions host keeps leases and keys in blobs and creates their containers itself. The package is in the same
  // account. A second identity for deploying it would not protect anything: Flex Consumption requires that identity to
  // be assigned to the app, so the app could always get its tokens.
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  // The trigger, the output binding and the app can count, send and receive messages, but not delete or empty a queue.
  storageQueueDataReader: '19e7f393-937e-4f77-808e-94535e297925'
  storageQueueDataMessageProcessor: '8a0f0c08-91a1-4084-bc3d-661d67233fed'
  storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
}

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: redundancy
  }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetwork && empty(adminAddresses) ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateNetwork ? 'Deny' : 'Allow'
      ipRules: [for address in adminAddresses: {
        action: 'Allow'
        value: address
      }]
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: account
  name: 'default'
  properties: {
    // An earlier package, or the host's keys, can be restored.
    deleteRetentionPolicy: {
      enabled: true
      days: 14
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 14
    }
  }
}

resource package 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = {
  parent: blobService
  name: 'package'
  properties: {
    publicAccess: 'None'
  }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-08-01' = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-08-01' = [for tableName in tables: {
  parent: tableService
  name: tableName
}]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-08-01' = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-08-01' = [for queueName in queues: {
  parent: queueService
  name: queueName
}]

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in items(roles): {
  name: guid(account.id, appPrincipalId, role.value)
  scope: account
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
  }
}]

// A role for rows, but not for tables. Every built-in role that can write rows can also delete tables. The Functions
// host tries to create a table for its own diagnostic events. Without permission to do so, it logs a warning.
resource tableEntities 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, name, 'table-entities')
  properties: {
    roleName: 'VMR scheduling: rows of ${name}'
    description: 'Reads, writes and deletes table rows, but neither creates nor deletes tables.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/write'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/delete'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/add/action'
          'Microsoft.Storage/storageAccounts/tableServices/tables/entities/update/action'
        ]
        notDataActions: []
      }
    ]
  }
}

resource tableGrant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, appPrincipalId, 'table-entities')
  scope: account
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: tableEntities.id
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (dataLock) {
  name: 'keep'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'This contains all meetings and settings. docs/deploy.md, "Removing it", explains how to delete it.'
  }
}

// Logs who deleted a package or a host key. Tables and queues are not logged: every row would add a line.
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: blobService
  properties: {
    workspaceId: workspaceResourceId
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
  }
}

@description('Resource id.')
output resourceId string = account.id

@description('Name.')
output name string = account.name

@description('The blob container of the deployed package.')
output packageContainer string = package.name
