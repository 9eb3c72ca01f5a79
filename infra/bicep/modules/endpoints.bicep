// Private endpoints for storage and vault, and the DNS zones that resolve to them.

@description('The prefix of every endpoint\'s name.')
param name string

@description('Region.')
param location string

@description('Tags for all resources.')
param tags { *: string }

@description('The subnet for the endpoints.')
param subnetResourceId string

@description('The virtual network in which names resolve to the endpoints.')
param virtualNetworkResourceId string

@description('Resource id of the storage account.')
param storageAccountResourceId string

@description('Resource id of the vault.')
param vaultResourceId string

// In public Azure, vaults are at .vault.azure.net and their private names at privatelink.vaultcore.azure.net. Other
// clouds follow the same pattern.
var vaultZone = 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'

var endpoints = [
  {
    group: 'blob'
    target: storageAccountResourceId
    zone: 'privatelink.blob.${environment().suffixes.storage}'
  }
  {
    group: 'queue'
    target: storageAccountResourceId
    zone: 'privatelink.queue.${environment().suffixes.storage}'
  }
  {
    group: 'table'
    target: storageAccountResourceId
    zone: 'privatelink.table.${environment().suffixes.storage}'
  }
  {
    group: 'vault'
    target: vaultResourceId
    zone: vaultZone
  }
]

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [for endpoint in endpoints: {
  name: endpoint.zone
  location: 'global'
  tags: tags
}]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for i in range(0, length(endpoints)): {
  parent: zone[i]
  name: '${name}-${endpoints[i].group}'
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: virtualNetworkResourceId
    }
  }
}]

resource privateEndpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = [for endpoint in endpoints: {
  name: '${name}-${endpoint.group}'
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetResourceId
    }
    privateLinkServiceConnections: [
      {
        name: endpoint.group
        properties: {
          privateLinkServiceId: endpoint.target
          groupIds: [endpoint.group]
        }
      }
    ]
  }
}]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [for i in range(0, length(endpoints)): {
  parent: privateEndpoint[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: endpoints[i].group
        properties: {
          privateDnsZoneId: zone[i].id
        }
      }
    ]
  }
}]
