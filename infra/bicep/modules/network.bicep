// A virtual network with two subnets: one for the app's outgoing traffic, one for the private endpoints.

@description('The prefix of the network\'s name.')
param name string

@description('Region.')
param location string

@description('Tags for all resources.')
param tags { *: string }

@description('A /25 or larger, as in 10.83.0.0/24.')
param addressSpace string

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: '${name}-network'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressSpace]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 0)
          delegations: [
            {
              name: 'flex'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 1)
        }
      }
    ]
  }
}

@description('Resource id of the network.')
output resourceId string = network.id

@description('The subnet for the app\'s outgoing traffic.')
output appSubnet string = network.properties.subnets[0].id

@description('The subnet for the private endpoints.')
output endpointSubnet string = network.properties.subnets[1].id
